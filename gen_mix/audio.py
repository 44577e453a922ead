"""Audio files: reading, resampling, and writing whole or not at all."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
import torch
from torch import Tensor

from gen_mix.errors import InputError
from gen_mix.files import whole_file

SUFFIXES = (".wav", ".flac", ".aiff", ".aif", ".ogg", ".mp3")
"""Files that hold audio."""

RATES_HZ = (4000, 768000)
LONGEST_SECONDS = 6 * 3600.0
"""A header that claims more is taken for a broken one, before any memory is asked for."""

_FRAMES_AT_ONCE = 1 << 16
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


@dataclass(frozen=True)
class AudioHeader:
    """What an audio file says of itself.

    Attributes:
        channels: At least 1.
        samples: Per channel.
        sample_rate: In Hz.
    """

    channels: int
    samples: int
    sample_rate: int


def read_header(path: Path) -> AudioHeader:
    """Return what the file at `path` says of itself.

    Raises:
        InputError: It cannot be read, or claims what no recording is.
    """
    with _opened(path) as file:
        return AudioHeader(file.channels, file.frames, file.samplerate)


def read_audio(path: Path) -> AudioFile:
    """Return what the file at `path` holds, at its own rate, with all its channels.

    Raises:
        InputError: As `audio_blocks`.
    """
    header = read_header(path)
    return AudioFile(torch.cat(list(audio_blocks(path)), dim=1), header.sample_rate)


def audio_blocks(path: Path) -> Iterator[Tensor]:
    """Yield what the file at `path` holds, (channels, samples) after (channels, samples), float32.

    It is decoded piece by piece, so memory follows what is there and not what the header claims.

    Raises:
        InputError: It cannot be read, holds nothing, is shorter than it claims, or holds NaN or infinity.
    """
    samples = 0
    with _opened(path) as file:
        for frames in file.blocks(_FRAMES_AT_ONCE, dtype="float32", always_2d=True, fill_value=None):
            if not np.isfinite(frames).all():
                raise InputError(f"{path}: expected finite audio, got NaN or infinity")
            samples += len(frames)
            yield torch.from_numpy(np.ascontiguousarray(frames.T))
        if samples == 0:
            raise InputError(f"{path}: expected audio, got an empty file")
        if samples < file.frames:
            raise InputError(f"{path}: expected {file.frames} samples as its header says, got {samples}")


@contextmanager
def _opened(path: Path) -> Iterator[soundfile.SoundFile]:
    """Open an audio file whose header can be believed; turn what goes wrong meanwhile into one line."""
    if not path.is_file():
        raise InputError(f"{path}: expected an audio file, got {'a folder' if path.is_dir() else 'nothing there'}")
    try:
        with soundfile.SoundFile(path) as file:
            _check_header(path, file)
            yield file
    except (soundfile.SoundFileError, OSError) as error:
        raise InputError(f"{path}: expected a readable audio file, got {_reason(error)}") from error


def resample(audio: Tensor, from_hz: int, to_hz: int) -> Tensor:
    """Return `audio` (channels, samples) at another rate, by soxr's very high quality (channels, samples')."""
    if from_hz == to_hz:
        return audio
    resampled = soxr.resample(audio.T.contiguous().numpy(), from_hz, to_hz, quality="VHQ")
    return torch.from_numpy(np.ascontiguousarray(resampled.T))


def resampled(blocks: Iterable[Tensor], from_hz: int, to_hz: int) -> Iterator[Tensor]:
    """Yield audio that comes block by block at another rate: the same samples as `resample` of the whole."""
    if from_hz == to_hz:
        yield from blocks
        return
    stream: soxr.ResampleStream | None = None
    for block, is_last in _with_end(blocks):
        stream = stream or soxr.ResampleStream(from_hz, to_hz, block.shape[0], dtype="float32", quality="VHQ")
        yield torch.from_numpy(np.ascontiguousarray(stream.resample_chunk(block.T.contiguous().numpy(), is_last).T))


def _with_end(blocks: Iterable[Tensor]) -> Iterator[tuple[Tensor, bool]]:
    """Yield each block and whether it is the last."""
    before: Tensor | None = None
    for block in blocks:
        if before is not None:
            yield before, False
        before = block
    if before is not None:
        yield before, True


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
    write_blocks(path, [audio], sample_rate, audio.shape[0], subtype)


def write_blocks(
    path: Path, blocks: Iterable[Tensor], sample_rate: int, channels: int = 2, subtype: str = "PCM_24"
) -> None:
    """Write audio that comes block by block, (channels, samples) each, as `write_audio` writes the whole of it.

    Raises:
        ValueError: As `write_audio`.
        InputError: As `write_audio`.
    """
    with audio_writer(path, sample_rate, channels, subtype) as write:
        for block in blocks:
            write(block)


@contextmanager
def audio_writer(path: Path, sample_rate: int, channels: int, subtype: str) -> Iterator[Callable[[Tensor], None]]:
    """Yield what appends audio (channels, samples) to a file; it is there once all is written, on an error never.

    Raises:
        ValueError: As `write_audio`.
        InputError: As `write_audio`.
    """
    container = {".wav": "WAV", ".flac": "FLAC", ".aiff": "AIFF", ".aif": "AIFF"}.get(path.suffix.lower())
    if container is None:
        raise InputError(f"expected a name that ends in .wav, .flac or .aiff, got {path.suffix!r}")
    most = float(np.finfo(np.float32).max) if subtype == "FLOAT" else 1.0

    def write(audio: Tensor) -> None:
        highest = float(audio.abs().max()) if audio.numel() else 0.0
        if not highest <= most:
            raise ValueError(f"{path}: expected audio that {subtype} can hold, got a peak of {highest}")
        try:
            file.write(audio.detach().cpu().float().T.contiguous().numpy())
        except soundfile.SoundFileError as error:
            raise InputError(f"{path}: expected a place to write to, got {_reason(error)}") from error

    with whole_file(path) as unfinished:
        unfinished.touch()  # says why it cannot be written, which libsndfile does not
        with soundfile.SoundFile(unfinished, "w", sample_rate, channels, subtype, format=container) as file:
            yield write
        if container != "FLAC":
            _forget_time(unfinished)


def _forget_time(path: Path) -> None:
    """Clear the time of writing, which floating-point files carry in their PEAK chunk."""
    with path.open("r+b") as file:
        place = file.read(256).find(b"PEAK")
        if place >= 0:
            file.seek(place + 12)
            file.write(bytes(4))


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
