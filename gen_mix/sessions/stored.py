"""A session whose tracks stay in their files: for songs that do not fit into memory."""

import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from gen_mix.audio import audio_blocks, read_header, resampled
from gen_mix.loudness import LoudnessMeter, staging_gain_of_db
from gen_mix.sessions.folder import (
    check_channels,
    check_session,
    content_notes,
    list_tracks,
    padding_note,
    resampling_note,
    session_rate,
)
from gen_mix.sessions.labels import LABELS_FILE, read_labels

_PADDING = 1 << 16  # samples of silence that are made at once


@dataclass(frozen=True)
class StoredTrack:
    """A track that is read from its file whenever it is heard.

    Attributes:
        name: What a person calls it.
        file: File name inside the session, with its folder if it has one.
        path: Where it lies.
        is_stereo: True if it has two channels that differ.
        source_rate: Of the file, in Hz.
        sample_rate: Of the session, in Hz.
        samples: Length in the session.
        staging_gain_db: Gain that brings it to the reference loudness; 0 for a silent track.
    """

    name: str
    file: str
    path: Path
    is_stereo: bool
    source_rate: int
    sample_rate: int
    samples: int
    staging_gain_db: float

    def blocks(self, samples: int) -> Iterator[Tensor]:
        """Yield the staged audio, (1 or 2, samples) each, the last one shorter."""
        heard = resampled(_channels(self.path, self.is_stereo), self.source_rate, self.sample_rate)
        for block in _cut(_padded(heard, self.samples), samples):
            yield block * 10 ** (self.staging_gain_db / 20)


@dataclass(frozen=True)
class StoredSession:
    """The tracks of a song in their files.

    Attributes:
        name: What a person calls it.
        sample_rate: In Hz.
        samples: Length of every track.
        tracks: At least one, in the order in which `read_session` has them.
        notes: What is changed or ignored when it is read, in words.
    """

    name: str
    sample_rate: int
    samples: int
    tracks: tuple[StoredTrack, ...]
    notes: tuple[str, ...]


def open_session(path: Path | str) -> StoredSession:
    """Return the session in the folder `path` as `read_session` does, but leave its tracks in their files.

    Each file is decoded twice, to find out what it holds; memory is bounded by a block of it.

    Raises:
        InputError: As `read_session`.
    """
    folder = Path(path)
    listing = list_tracks(folder)
    labels = read_labels(folder / LABELS_FILE, [file.name for file in listing.files])
    with ThreadPoolExecutor() as pool:
        contents = list(pool.map(_look_into, listing.files))
        rate = session_rate(content.sample_rate for content in contents)
        measured = list(pool.map(lambda content: _Measured(content, rate), contents))
    samples = max(track.samples for track in measured)
    check_session(folder, [content.peak > 0 for content in contents], samples, rate)
    found = []
    notes = list(listing.notes)
    for file, content, track in zip(listing.files, contents, measured, strict=True):
        name = file.relative_to(folder).as_posix()
        said = labels.of(file.name)
        notes += content_notes(name, content.has_same_channels, content.peak)
        notes += [resampling_note(name, content.sample_rate, rate)] if content.sample_rate != rate else []
        notes += [padding_note(name, (samples - track.samples) / rate)] if track.samples != samples else []
        stored = StoredTrack(
            name=said.name or file.stem,
            file=name,
            path=file,
            is_stereo=content.is_stereo,
            source_rate=content.sample_rate,
            sample_rate=rate,
            samples=samples,
            staging_gain_db=track.staging_gain_db(samples),
        )
        found.append((track.digest, name, stored))
    tracks = tuple(stored for _, _, stored in sorted(found, key=lambda item: item[:2]))
    return StoredSession(labels.name or folder.resolve().name, rate, samples, tracks, tuple(notes))


@dataclass(frozen=True)
class _Content:
    """What a track's file holds, as far as one look tells."""

    file: Path
    sample_rate: int
    is_stereo: bool
    has_same_channels: bool
    peak: float


def _look_into(file: Path) -> _Content:
    """Return what a file holds.

    Raises:
        InputError: It cannot be read, or has more than two channels.
    """
    header = read_header(file)
    check_channels(file, header.channels)
    differs, peak = False, 0.0
    for block in audio_blocks(file):
        differs = differs or (header.channels == 2 and not torch.equal(block[0], block[1]))
        peak = max(peak, float(block.abs().max()))
    return _Content(file, header.sample_rate, differs, header.channels == 2 and not differs, peak)


class _Measured:
    """What a track measures at the rate of its session."""

    def __init__(self, content: _Content, rate: int) -> None:
        self._content = content
        self._meter = LoudnessMeter(rate)
        self._peak = 0.0
        self.samples = 0
        digest = hashlib.sha256(f"{content.sample_rate} {2 if content.is_stereo else 1}".encode())
        for block in resampled(self._hashed(digest), content.sample_rate, rate):
            self._meter.add(block)
            self._peak = max(self._peak, float(block.abs().max()))
            self.samples += block.shape[1]
        if content.is_stereo:  # the digest is of one channel after the other
            for block in audio_blocks(content.file):
                digest.update(block[1].numpy().data)
        self.digest = digest.hexdigest()

    def _hashed(self, digest: "hashlib._Hash") -> Iterator[Tensor]:
        for block in _channels(self._content.file, self._content.is_stereo):
            digest.update(block[0].contiguous().numpy().data)
            yield block

    def staging_gain_db(self, samples: int) -> float:
        """Return the gain that stages the track once silence behind it makes it `samples` long; called once."""
        channels = 2 if self._content.is_stereo else 1
        for start in range(self.samples, samples, _PADDING):
            self._meter.add(torch.zeros(channels, min(_PADDING, samples - start)))
        return staging_gain_of_db(self._meter, self._peak)


def _channels(file: Path, is_stereo: bool) -> Iterator[Tensor]:
    """Yield what a file holds; of one channel twice only the first."""
    for block in audio_blocks(file):
        yield block if is_stereo else block[:1]


def _padded(blocks: Iterable[Tensor], samples: int) -> Iterator[Tensor]:
    """Yield `blocks`, at least one, and silence up to `samples`."""
    done = 0
    for block in blocks:
        done += block.shape[1]
        yield block
    for start in range(done, samples, _PADDING):
        yield block.new_zeros(block.shape[0], min(_PADDING, samples - start))


def _cut(blocks: Iterable[Tensor], samples: int) -> Iterator[Tensor]:
    """Yield the same audio in blocks of `samples`, the last one shorter."""
    held: Tensor | None = None
    for block in blocks:
        held = block if held is None else torch.cat([held, block], dim=1)
        whole = held.shape[1] // samples * samples
        yield from held[:, :whole].split(samples, dim=1) if whole else ()
        held = held[:, whole:]
    if held is not None and held.shape[1]:
        yield held
