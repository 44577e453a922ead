"""Mixes to be compared: of one length, one rate, one loudness, and nothing else changed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from gen_mix.audio import SUFFIXES, read_audio, resample
from gen_mix.errors import InputError
from gen_mix.loudness import loudness_lufs
from gen_mix.sessions.folder import session_rate
from gen_mix.true_peak import true_peak_dbtp

CEILING_DBTP = -1.0
FADE_SECONDS = 0.02
MOST_A_PAGE = 12
"""More than this many stimuli nobody keeps apart."""

SHORTEST_SECONDS = 0.5


@dataclass(frozen=True)
class Excerpt:
    """Which part of each song is heard: from `start`, for `length` seconds, or to the end of the shortest mix."""

    start: float = 0.0
    length: float | None = None


@dataclass(frozen=True)
class Sound:
    """A mix as it is heard in the test.

    Attributes:
        audio: (2, samples).
        file: Where it came from.
        gain_db: What its loudness was matched with.
        loudness_lufs: As heard.
        true_peak_dbtp: As heard.
    """

    audio: Tensor
    file: Path
    gain_db: float
    loudness_lufs: float
    true_peak_dbtp: float


@dataclass(frozen=True)
class Material:
    """All that is heard, at one rate in Hz, by song and system; every song has the same systems."""

    sounds: Mapping[str, Mapping[str, Sound]]
    sample_rate: int

    @property
    def songs(self) -> list[str]:
        """Names of the songs."""
        return list(self.sounds)

    @property
    def systems(self) -> list[str]:
        """Names of the systems."""
        return list(next(iter(self.sounds.values())))


def read_material(folder: Path, excerpt: Excerpt, most_lufs: float) -> Material:
    """Return the mixes in `folder`: a folder per song in it, a file per system; or files alone, for one song.

    All are brought to one loudness: to `most_lufs`, or as near to it as the one that has the highest peaks for its
    loudness allows. Nothing is limited for that.

    Raises:
        InputError: There is nothing to compare, the songs have not the same systems, or an excerpt is outside a mix.
    """
    files = _files(folder)
    audio = {song: {system: read_audio(file) for system, file in of_song.items()} for song, of_song in files.items()}
    rate = session_rate(one.sample_rate for of_song in audio.values() for one in of_song.values())
    cut: dict[str, dict[str, Tensor]] = {}
    for song, of_song in audio.items():
        stereo = {system: _stereo(resample(one.audio, one.sample_rate, rate)) for system, one in of_song.items()}
        cut[song] = _excerpts(stereo, excerpt, rate, next(iter(files[song].values())).parent)
    measured = {
        (song, system): (loudness_lufs(one, rate), true_peak_dbtp(one, rate))
        for song, of_song in cut.items()
        for system, one in of_song.items()
    }
    for (song, system), (loudness, _) in measured.items():
        if loudness == -math.inf:
            raise InputError(f"{files[song][system]}: expected sound in the excerpt, got silence")
    target = min(most_lufs, *(loudness + CEILING_DBTP - peak for loudness, peak in measured.values()))
    sounds: dict[str, dict[str, Sound]] = {}
    for (song, system), (loudness, peak) in measured.items():
        gain_db = target - loudness
        sound = Sound(cut[song][system] * 10 ** (gain_db / 20), files[song][system], gain_db, target, peak + gain_db)
        sounds.setdefault(song, {})[system] = sound
    return Material(sounds, rate)


def _files(folder: Path) -> dict[str, dict[str, Path]]:
    """Return the files by song and system."""
    if not folder.is_dir():
        raise InputError(
            f"{folder}: expected a folder of mixes, got {'a file' if folder.exists() else 'nothing there'}"
        )
    songs = {path.name: _mixes_in(path) for path in sorted(folder.iterdir()) if path.is_dir() and path.name[0] != "."}
    songs = {song: mixes for song, mixes in songs.items() if mixes} or {folder.resolve().name: _mixes_in(folder)}
    systems = list(next(iter(songs.values())))
    if not 2 <= len(systems) <= MOST_A_PAGE:
        raise InputError(f"{folder}: expected 2 to {MOST_A_PAGE} mixes of a song, got {len(systems)}")
    for song, mixes in songs.items():
        if list(mixes) != systems:
            odd = sorted(set(mixes) ^ set(systems))[0]
            raise InputError(f"{folder / song}: expected the same systems for every song, got {odd} only for some")
    return songs


def _mixes_in(folder: Path) -> dict[str, Path]:
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.name[0] != ".")
    for place, file in enumerate(files):
        if file.stem in [other.stem for other in files[:place]]:
            raise InputError(f"{file}: expected one file a system, got another of the same name")
    return {file.stem: file for file in files}


def _stereo(audio: Tensor) -> Tensor:
    if audio.shape[0] > 2:
        raise InputError(f"expected mono or stereo mixes, got {audio.shape[0]} channels")
    return audio.expand(2, -1)


def _excerpts(mixes: Mapping[str, Tensor], excerpt: Excerpt, rate: int, song: Path) -> dict[str, Tensor]:
    """Return the same part of each of `mixes`, faded in and out."""
    shortest = min(audio.shape[1] for audio in mixes.values())
    first = round(excerpt.start * rate)
    last = shortest if excerpt.length is None else first + round(excerpt.length * rate)
    if last > shortest or last - first < SHORTEST_SECONDS * rate:
        wanted = f"{excerpt.start:g} to {last / rate:g} s"
        raise InputError(f"{song}: expected an excerpt within {shortest / rate:.2f} s, got {wanted}")
    ramp = torch.sin(torch.linspace(0, math.pi / 2, round(FADE_SECONDS * rate))).square()
    gain = torch.ones(last - first)
    gain[: len(ramp)], gain[-len(ramp) :] = ramp, ramp.flip(0)
    return {system: audio[:, first:last] * gain for system, audio in mixes.items()}
