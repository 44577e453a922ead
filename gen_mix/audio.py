"""Audio files: reading, resampling, and writing whole or not at all."""

import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
import torch
from numpy.typing import NDArray
from torch import Tensor

from gen_mix.errors import InputError
from gen_mix.files import write_whole

SUFFIXES = (".wav", ".flac", ".aiff", ".aif", ".ogg", ".mp3")
"""Files that hold audio."""

RATES_HZ = (4000, 768000)
LONGEST_SECONDS = 6 * 3600.0
"""A header that claims more is taken for a broken one, before any memory is asked for."""

_FRAMES_AT_ONCE = 1 << 20
_UNKNOWN_LENGTH = 0xFFFFFF00  # what programs write that do not know the length beforehand


@dataclass(frozen=True)
class AudioFile:
    """What an audio file holds.

    Attributes:
        audio: (channels, samples), float32, finite.
        sample_rate: In Hz.
    """

    audio: Tensor
    sample_rate: int


def read_audio(path: Path) -> AudioFile:
    """Return what the file at `path` holds, at its own rate, with all its channels.

    It is decoded piece by piece, so memory follows what is there and not what the header claims.

    Raises:
        InputError: It cannot be read, holds nothing, is shorter than it claims, or holds NaN or infinity.
    """
    if not path.is_file():
        raise InputError(f"{path}: expected an audio file, got {'a folder' if path.is_dir() else 'nothing there'}")
    try:
        with soundfile.SoundFile(path) as file:
            rate, claimed = file.samplerate, file.frames
            _check_header(path, file)
            pieces = list(file.blocks(_FRAMES_AT_ONCE, dtype="float32", always_2d=True, fill_value=None))
    except (soundfile.SoundFileError, OSError) as error:
        raise InputError(f"{path}: expected a readable audio file, got {_reason(error)}") from error
    frames = np.concatenate(pieces) if pieces else np.zeros((0, 1), np.float32)
    if len(frames) == 0:
        raise InputError(f"{path}: expected audio, got an empty file")
    if len(frames) < claimed:
        raise InputError(f"{path}: expected {claimed} samples as its header says, got {len(frames)}")
    if not np.isfinite(frames).all():
        raise InputError(f"{path}: expected finite audio, got NaN or infinity")
    return AudioFile(torch.from_numpy(np.ascontiguousarray(frames.T)), rate)


def resample(audio: Tensor, from_hz: int, to_hz: int) -> Tensor:
    """Return `audio` (channels, samples) at another rate, by soxr's very high quality (channels, samples')."""
    if from_hz == to_hz:
        return audio
    resampled = soxr.resample(audio.T.contiguous().numpy(), from_hz, to_hz, quality="VHQ")
    return torch.from_numpy(np.ascontiguousarray(resampled.T))


def write_audio(path: Path, audio: Tensor, sample_rate: int, subtype: str = "PCM_24") -> None:
    """Write a file whole or not at all; the same audio gives the same bytes.

    Args:
        path: Its suffix says the format, for example ``.wav`` or ``.flac``. An existing file is replaced.
        audio: (channels, samples), finite; within -1 to 1 unless `subtype` is ``FLOAT``.
        sample_rate: In Hz.
        subtype: ``PCM_16``, ``PCM_24`` or ``FLOAT``.

    Raises:
        ValueError: The audio would be clipped or is not finite.
        InputError: The file cannot be written.
    """
    highest = float(audio.abs().max()) if audio.numel() else 0.0
    if not highest <= (np.finfo(np.float32).max if subtype == "FLOAT" else 1.0):
        raise ValueError(f"{path}: expected audio that {subtype} can hold, got a peak of {highest}")
    data = _encoded(audio.detach().cpu().float().T.contiguous().numpy(), sample_rate, path.suffix, subtype)
    write_whole(path, data)


def _encoded(frames: NDArray[np.float32], sample_rate: int, suffix: str, subtype: str) -> bytes:
    """Return the bytes of an audio file that holds `frames` (samples, channels)."""
    container = {".wav": "WAV", ".flac": "FLAC", ".aiff": "AIFF", ".aif": "AIFF"}.get(suffix.lower())
    if container is None:
        raise InputError(f"expected a name that ends in .wav, .flac or .aiff, got {suffix!r}")
    buffer = io.BytesIO()
    soundfile.write(buffer, frames, sample_rate, format=container, subtype=subtype)
    data = bytearray(buffer.getvalue())
    place = data.find(b"PEAK", 0, 256)
    if container != "FLAC" and place >= 0:  # floating-point files carry the time of writing in this chunk
        data[place + 12 : place + 16] = bytes(4)
    return bytes(data)


def _check_header(path: Path, file: soundfile.SoundFile) -> None:
    """Raise InputError where a header claims what no recording is, or more than the file holds."""
    low, high = RATES_HZ
    if not low <= file.samplerate <= high:
        raise InputError(f"{path}: expected a sample rate from {low} to {high} Hz, got {file.samplerate}")
    if file.frames > LONGEST_SECONDS * file.samplerate:
        hours = LONGEST_SECONDS / 3600
        raise InputError(f"{path}: expected at most {hours:g} hours, got a header that claims {file.frames} samples")
    # libsndfile reads what there is of a WAV file that was cut off, and says so in its log alone
    cut = re.search(r"^data : (\d+) \(should be (\d+)\)", file.extra_info, re.MULTILINE)
    if cut and int(cut[2]) < int(cut[1]) < _UNKNOWN_LENGTH:
        raise InputError(f"{path}: expected {cut[1]} bytes of audio as its header says, got {cut[2]}")


def _reason(error: Exception) -> str:
    """Return the cause of a failed read on one line, without the name that libsndfile repeats."""
    if isinstance(error, soundfile.LibsndfileError):
        return str(error.error_string).strip().rstrip(".")
    return " ".join(str(error).split())
