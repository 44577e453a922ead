"""Audio files of unknown origin, brought in safely: decoded by a process that may use little, kept as plain WAV."""

import json
import os
import re
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from gen_mix.audio import write_audio
from gen_mix.errors import InputError
from gen_mix.explore import decoding
from gen_mix.explore.limits import Limits

_CPU_SECONDS = 120
_WALL_SECONDS = 180.0
_MEMORY_BYTES = 2 << 30
_ARCHIVES = {
    b"PK\x03\x04": "a zip",
    b"PK\x05\x06": "a zip",
    b"\x1f\x8b": "a gzip",
    b"Rar!": "a rar",
    b"7z\xbc\xaf": "a 7z",
}
_BEGINNINGS = re.compile(rb"RIFF|RIFX|RF64|riff|FORM|fLaC|OggS|caff|\.snd|ID3|\xff[\xe0-\xff]")
"""Of files that libsndfile reads."""

LEAST_BYTES = 4
"""Of a file that tell what it is."""


@dataclass(frozen=True)
class Upload:
    """A file that a browser sent.

    Attributes:
        path: Where it lies; anything may be in it.
        name: What it is called, for messages and as text on the page.
        room_bytes: Decoded samples that there is room for.
        place: Of a track among the others, from 1; None for behind them all.
    """

    path: Path
    name: str
    room_bytes: int
    place: int | None = None


@dataclass(frozen=True)
class Taken:
    """A track that came in.

    Attributes:
        seconds: Its length.
        channels: 1 or 2.
        sample_rate: In Hz.
        bytes_decoded: Its size in memory.
    """

    seconds: float
    channels: int
    sample_rate: int
    bytes_decoded: int


def take_in(upload: Upload, target: Path, limits: Limits) -> Taken:
    """Decode `upload` and write it to `target` as floating-point WAV.

    Args:
        upload: What a browser sent.
        target: A name that ends in .wav.
        limits: Of length.

    Raises:
        InputError: It is no audio, or larger than it may be.
    """
    name = upload.name
    with upload.path.open("rb") as file:
        check_beginning(file.read(LEAST_BYTES), name)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".decoding-") as folder:
        raw = Path(folder) / "samples.f32"
        told = _run_decoder(upload, raw, limits.track_seconds)
        rate, channels, samples = (told[key] for key in ("sample_rate", "channels", "samples"))
        frames = np.fromfile(raw, dtype=np.float32) if raw.is_file() else np.zeros(0, np.float32)
        if samples < 1 or channels not in (1, 2) or frames.size != channels * samples or not 4000 <= rate <= 768000:
            raise InputError(f"{name}: expected a readable audio file, got one that confuses its decoder")
        if not np.isfinite(frames).all():
            raise InputError(f"{name}: expected finite audio, got NaN or infinity")
        audio = torch.from_numpy(np.ascontiguousarray(frames.reshape(samples, channels).T))
        write_audio(target, audio, rate, "FLOAT")
    return Taken(samples / rate, channels, rate, frames.nbytes)


def check_beginning(beginning: bytes, name: str) -> None:
    """Refuse what cannot be audio by its first bytes, before the rest of it is taken.

    Raises:
        InputError: It is an archive, or begins as no audio file does.
    """
    for magic, what in _ARCHIVES.items():
        if beginning.startswith(magic):
            raise InputError(f"{name}: expected an audio file, got {what} archive (unpack it and drop what is inside)")
    if not _BEGINNINGS.match(beginning):
        raise InputError(f"{name}: expected a readable audio file, got one that does not begin as one")


def _run_decoder(upload: Upload, raw: Path, most_seconds: float) -> dict[str, int]:
    name, most_bytes = upload.name, upload.room_bytes
    # -I: no module of the working directory or of the user's own folder is looked at.
    command = [sys.executable, "-I", decoding.__file__, str(upload.path), str(raw), str(most_seconds), str(most_bytes)]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_WALL_SECONDS,
            env={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PATH": os.defpath},
            cwd=raw.parent,
            preexec_fn=(lambda: _limit_process(most_bytes)) if os.name == "posix" else None,
            check=False,
        )
        told = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise InputError(f"{name}: expected audio that decodes in {_WALL_SECONDS:.0f} s, got more") from None
    except ValueError:
        raise InputError(f"{name}: expected a readable audio file, got one that its decoder fails on") from None
    if not isinstance(told, dict) or "error" in told or done.returncode != 0:
        reason = told.get("error", "one that its decoder fails on") if isinstance(told, dict) else "nonsense"
        raise InputError(f"{name}: {reason}")
    if not all(isinstance(told.get(key), int) for key in ("sample_rate", "channels", "samples")):
        raise InputError(f"{name}: expected a readable audio file, got one that confuses its decoder")
    return told


def _limit_process(most_bytes: int) -> None:
    """Bound what this process may use; runs in the child before the decoder starts."""
    import resource  # Windows has none; there only the limits of time and length hold

    for what, most in (
        (resource.RLIMIT_CPU, _CPU_SECONDS),
        (resource.RLIMIT_AS, _MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, most_bytes + (1 << 20)),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # macOS does not know all of them
            resource.setrlimit(what, (most, most))
