"""A folder of audio files as a session, and a session as a folder of audio files."""

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import torch
import torch.nn.functional as F
from torch import Tensor

from gen_mix.audio import SUFFIXES, read_audio, resample, write_audio
from gen_mix.errors import InputError
from gen_mix.loudness import NOISE_FLOOR_DBFS, staging_gain_db
from gen_mix.sessions.labels import LABELS_FILE, SessionLabels, labels_text, read_labels
from gen_mix.sessions.session import Session, Track

TRACKS_FOLDER = "tracks"
NEVER_TRACKS = ("mix", "reference")
"""Names, before the suffix, of files that lie beside the tracks and are none."""

LOWEST_RATE_HZ = 44100
"""A session's least rate: the console's filters reach to 16 kHz."""

SHORTEST_SECONDS = 0.1

_KNOWN_FILES = (LABELS_FILE, "song.json")


@dataclass(frozen=True)
class _Recording:
    """A track's file; at first at its own rate and length.

    Attributes:
        file: Name inside the session, with its folder.
        audio: (1 or 2, samples).
        sample_rate: In Hz.
        digest: Of the content, whatever the file is called.
        notes: What was changed.
    """

    file: str
    audio: Tensor
    sample_rate: int
    digest: str
    notes: tuple[str, ...]

    def at_rate(self, rate: int) -> "_Recording":
        """Return the recording at the session's `rate` in Hz."""
        if rate == self.sample_rate:
            return self
        note = resampling_note(self.file, self.sample_rate, rate)
        audio = resample(self.audio, self.sample_rate, rate)
        return replace(self, audio=audio, sample_rate=rate, notes=(*self.notes, note))

    def padded(self, samples: int) -> "_Recording":
        """Return the recording with silence behind it, `samples` long."""
        missing = samples - self.audio.shape[1]
        if missing == 0:
            return self
        note = padding_note(self.file, missing / self.sample_rate)
        return replace(self, audio=F.pad(self.audio, (0, missing)), notes=(*self.notes, note))


def resampling_note(file: str, from_hz: int, to_hz: int) -> str:
    """Return what is said of a track at another rate than its session."""
    return f"{file}: resampled from {from_hz} to {to_hz} Hz"


def padding_note(file: str, seconds: float) -> str:
    """Return what is said of a track that is shorter than others."""
    return f"{file}: {seconds:.3f} s of silence added at its end, to the length of the longest track"


def content_notes(file: str, has_same_channels: bool, peak: float) -> tuple[str, ...]:
    """Return what is said of a track with one channel twice, or with next to nothing on it."""
    notes = [f"{file}: both channels are the same, read as mono"] if has_same_channels else []
    if peak == 0:
        notes.append(f"{file}: silent, kept")
    elif peak < 10 ** (NOISE_FLOOR_DBFS / 20):
        notes.append(f"{file}: nothing above {NOISE_FLOOR_DBFS:g} dBFS, kept at its level")
    return tuple(notes)


def read_session(path: Path | str) -> Session:
    """Return the session in the folder `path`, its tracks staged and in an order that only their content decides.

    One file a track: those in its folder ``tracks`` if there is one, or else its own; never ``mix.*`` or
    ``reference.*``. The rate is the one that most tracks have (`session_rate`); the length is that of the longest
    track. Whatever this changes is said in the notes.

    Raises:
        InputError: There is no such folder, no track or no sound in it; a track cannot be used; or
            ``session.yaml`` is wrong.
    """
    folder = Path(path)
    listing = list_tracks(folder)
    labels = read_labels(folder / LABELS_FILE, [file.name for file in listing.files])
    with ThreadPoolExecutor() as pool:
        recordings = list(pool.map(lambda file: _read_recording(folder, file), listing.files))
        rate = session_rate(recording.sample_rate for recording in recordings)
        recordings = list(pool.map(lambda recording: recording.at_rate(rate), recordings))
        samples = max(recording.audio.shape[1] for recording in recordings)
        check_session(folder, [bool(recording.audio.any()) for recording in recordings], samples, rate)
        recordings = [recording.padded(samples) for recording in recordings]
        tracks = list(pool.map(lambda recording: _track(recording, labels), recordings))
    notes = listing.notes + tuple(note for recording in recordings for note in recording.notes)
    order = sorted(range(len(tracks)), key=lambda place: (recordings[place].digest, recordings[place].file))
    return Session(labels.name or folder.resolve().name, rate, tuple(tracks[place] for place in order), notes)


def session_rate(rates: Iterable[int]) -> int:
    """Return the most frequent of `rates` in Hz, the higher of two as frequent; at least `LOWEST_RATE_HZ`."""
    counts = Counter(rate for rate in rates if rate >= LOWEST_RATE_HZ)
    return max(counts, key=lambda rate: (counts[rate], rate), default=LOWEST_RATE_HZ)


def write_session(session: Session, path: Path | str) -> None:
    """Write a session as a new folder: floating-point WAV files in ``tracks``, and ``session.yaml``.

    It is written under a temporary name first; `read_session` gives the same audio and labels back.

    Raises:
        InputError: There is something at `path` already, or it cannot be written.
    """
    folder = Path(path)
    if folder.exists():
        raise InputError(f"{folder}: expected a new folder, got one that exists")
    unfinished = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        (unfinished / TRACKS_FOLDER).mkdir(parents=True)
        files = _unique_names([Path(track.file).stem for track in session.tracks])
        for track, file in zip(session.tracks, files, strict=True):
            write_audio(unfinished / TRACKS_FOLDER / file, track.audio, session.sample_rate, "FLOAT")
        (unfinished / LABELS_FILE).write_text(_labels_text(session, files), encoding="utf-8")
        unfinished.rename(folder)
    except OSError as error:
        raise InputError(f"{folder}: expected a place to write to, got {error.strerror or error}") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


@dataclass(frozen=True)
class Listing:
    """The files of the tracks, and what lies beside them, in words."""

    files: tuple[Path, ...]
    notes: tuple[str, ...]


def list_tracks(folder: Path) -> Listing:
    """Return which files of a session are its tracks.

    Raises:
        InputError: There is no such folder, or no track in it.
    """
    if not folder.is_dir():
        what = "a file" if folder.exists() else "nothing there"
        raise InputError(f"{folder}: expected a folder of audio files, got {what}")
    inner = folder / TRACKS_FOLDER
    place = inner if inner.is_dir() else folder
    files, notes = [], []
    for file in sorted(place.iterdir()):
        if not file.is_file() or file.name.startswith(".") or file.name in _KNOWN_FILES:
            continue
        if file.suffix.lower() not in SUFFIXES:
            notes.append(f"{file.name}: ignored, as its name does not end in {', '.join(SUFFIXES)}")
        elif file.stem.lower() in NEVER_TRACKS:
            notes.append(f"{file.name}: not a track, ignored")
        else:
            files.append(file)
    if not files:
        raise InputError(f"{place}: expected audio files ({', '.join(SUFFIXES)}), got none")
    return Listing(tuple(files), tuple(notes))


def _read_recording(folder: Path, file: Path) -> _Recording:
    """Return what a track's file holds; two channels that are the same are one.

    Raises:
        InputError: It cannot be read, or has more than two channels.
    """
    name = file.relative_to(folder).as_posix()
    content = read_audio(file)
    audio = content.audio
    check_channels(file, audio.shape[0])
    is_twice = audio.shape[0] == 2 and torch.equal(audio[0], audio[1])
    if is_twice:
        audio = audio[:1].clone()
    notes = content_notes(name, is_twice, float(audio.abs().max()))
    digest = hashlib.sha256(f"{content.sample_rate} {audio.shape[0]}".encode())
    digest.update(audio.numpy().data)
    return _Recording(name, audio, content.sample_rate, digest.hexdigest(), notes)


def check_channels(file: Path, channels: int) -> None:
    """Raise InputError unless a track is mono or stereo."""
    if channels > 2:
        raise InputError(f"{file}: expected mono or stereo, got {channels} channels")


def check_session(folder: Path, is_heard: Sequence[bool], samples: int, rate: int) -> None:
    """Raise InputError if nothing sounds in any track, or if even the longest, of `samples`, is too short."""
    if not any(is_heard):
        raise InputError(f"{folder}: expected at least one track with sound, got only silent ones ({len(is_heard)})")
    if samples < SHORTEST_SECONDS * rate:
        raise InputError(f"{folder}: expected at least {SHORTEST_SECONDS} s of audio, got {samples / rate:.4f} s")


def _track(recording: _Recording, labels: SessionLabels) -> Track:
    """Return a recording as a track, with what is said of it and the gain that stages it."""
    file = PurePosixPath(recording.file)
    said = labels.of(file.name)
    return Track(
        name=said.name or file.stem,
        file=recording.file,
        audio=recording.audio,
        staging_gain_db=staging_gain_db(recording.audio, recording.sample_rate),
        instrument=said.instrument,
        role=said.role,
        double_of=None if said.double_of is None else (file.parent / said.double_of).as_posix(),
    )


def _labels_text(session: Session, files: Sequence[str]) -> str:
    """Return the ``session.yaml`` of a session whose tracks are written to `files`."""
    file_of = {track.file: file for track, file in zip(session.tracks, files, strict=True)}
    entries = [
        {
            "file": file,
            "name": track.name,
            "instrument": track.instrument,
            "role": track.role,
            "double_of": None if track.double_of is None else file_of[track.double_of],
        }
        for track, file in zip(session.tracks, files, strict=True)
    ]
    return labels_text(session.name, entries)


def _unique_names(stems: Sequence[str]) -> list[str]:
    """Return a file name for each of `stems`: numbered where two are the same, or where it would be no track."""
    names: list[str] = []
    for stem in stems:
        name, number = stem, 2
        while f"{name}.wav" in names or name.lower() in NEVER_TRACKS:
            name, number = f"{stem}-{number}", number + 1
        names.append(f"{name}.wav")
    return names
