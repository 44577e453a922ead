"""The studio: loads its sources once and records sessions, each a pure function of (settings, seed, index)."""

import csv
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import soxr
import torch

from gen_mix.loudness import REFERENCE_LUFS, staging_gain_db
from gen_mix.sessions.session import Session, Track
from gen_mix.sessions.synthetic.casting import CASTINGS, choose_lead, draw_classes, part_for
from gen_mix.sessions.synthetic.drum_machine import machine_drums, machine_percussion
from gen_mix.sessions.synthetic.drums import (
    GROUPS,
    PlayDrums,
    SampledKit,
    general_midi_of_groove,
    only,
    sampled_drums,
    shaken,
    soundfont_drums,
)
from gen_mix.sessions.synthetic.faults import Rooms, Take, clipped, coloured, with_bleed, with_noise
from gen_mix.sessions.synthetic.lines import Line, Random, Song, line_of, performed, read_song, repeated
from gen_mix.sessions.synthetic.players import Players
from gen_mix.sessions.synthetic.samples import SampleLibrary
from gen_mix.sessions.synthetic.settings import SyntheticSettings
from gen_mix.sessions.synthetic.soundfont import RATE, Audio, SoundFont
from gen_mix.sessions.synthetic.treatments import treated

_TEST_EVERY = 6
_LOUDEST_PEAK = 0.98
_LONGEST_FILL_SECONDS = 2.5
_BACKGROUND = ("backing_vocal", "synth_pad", "fx", "room")
_ELECTRONIC = ("synth_bass", "synth_lead", "synth_pad", "fx", "drum_loop")


class SyntheticStudio:
    """Everything that sessions are made from, read when first needed and kept.

    What is kept never changes a session. A copy sent to another process starts empty.

    Args:
        settings: What to make sessions from.

    Attributes:
        settings: As given.
        song_paths: MIDI files it draws from.
        grooves: Rows of the table of drummings it draws from.
    """

    def __init__(self, settings: SyntheticSettings) -> None:
        self.settings = settings
        self._samples = math.ceil(settings.seconds * RATE)
        self._library = SampleLibrary(settings.kit)
        self._font: SoundFont | None = None
        self._songs: dict[Path, Song] = {}
        self._kits: dict[str, SampledKit] = {}
        self.song_paths = _song_paths(settings)
        self.grooves = _groove_rows(settings)

    def __reduce__(self) -> tuple[type["SyntheticStudio"], tuple[SyntheticSettings]]:
        return SyntheticStudio, (self.settings,)

    def session(self, seed: int, index: int) -> Session:
        """Return session number `index` of series `seed`, labelled.

        Args:
            seed: At least 0.
            index: At least 0.
        """
        rng = np.random.default_rng((seed, index))
        song, lines, begin = self._excerpt(rng)
        classes = draw_classes(rng, self.settings.fewest_tracks, self.settings.most_tracks)
        takes = [take for take in self._record(classes, song, lines, begin, rng) if not take.is_silent]
        while len(takes) < self.settings.fewest_tracks:
            more = [name for name in CASTINGS if name not in {take.instrument for take in takes}]
            extra = self._record([(str(rng.choice(more)), 1)], song, lines, begin, rng)
            takes += [take for take in extra if not take.is_silent]
        if self.settings.is_varied:
            takes = [_produced(take, 60 / song.bpm, rng) for take in takes]
        takes = _processed(takes, Rooms(self._library), rng)
        lead = choose_lead([take.instrument for take in takes], rng)
        tracks = tuple(
            self._track(take, name, takes, lead, rng) for take, name in zip(takes, _names(takes), strict=True)
        )
        return Session(f"synthetic_{seed}_{index}", self.settings.sample_rate, tracks)

    def _excerpt(self, rng: Random) -> tuple[Song, list[Line], float]:
        """Return a song, the lines of an excerpt where much is going on, and where it begins (s)."""
        best: tuple[Song, list[Line], float] | None = None
        while best is None or not best[1]:
            path = self.song_paths[int(rng.integers(len(self.song_paths)))]
            song = self._song(path)
            for begin in rng.uniform(0, max(song.seconds - self.settings.seconds, 0.01), 4):
                lines = [line.within(float(begin), self.settings.seconds) for line in song.lines]
                busy = [line for line in lines if line.coverage_seconds > 0.25 * self.settings.seconds]
                if best is None or len(busy) > len(best[1]):
                    best = song, busy, float(begin)
        return best

    def _record(
        self, classes: list[tuple[str, int]], song: Song, lines: list[Line], begin: float, rng: Random
    ) -> list[Take]:
        drums = self._drum_line(song, begin, rng)
        play = self._drummer(drums, rng)
        players = Players(
            self._library,
            self.font,
            Rooms(self._library),
            self.settings.voices,
            self.settings.sampled_strings,
            self.settings.is_varied,
            self._samples,
        )
        takes: list[Take] = []
        for instrument, count in classes:
            if instrument == "percussion":
                sound = self._percussion(shaken(drums, rng), rng)
                is_stereo = rng.random() < 0.4
                takes.append(Take(instrument, sound if is_stereo else sound.mean(0, keepdims=True), True))
            elif instrument in CASTINGS:
                takes += players.record(instrument, part_for(instrument, lines, rng), count, rng)
            else:
                takes.append(_drum_take(instrument, play(instrument), rng))
        return takes

    @property
    def font(self) -> SoundFont:
        """The soundfont, loaded."""
        self._font = self._font or SoundFont(self.settings.soundfont)
        return self._font

    def _song(self, path: Path) -> Song:
        if path not in self._songs:
            self._songs[path] = read_song(path)
        return self._songs[path]

    def _drummer(self, line: Line, rng: Random) -> PlayDrums:
        is_varied = self.settings.is_varied
        if is_varied and rng.random() < 0.25:
            return machine_drums(line, self._samples, rng)
        if not self.settings.drum_kits or rng.random() < 0.4:
            return soundfont_drums(self.font, line, self._samples, -4 if is_varied else -22, rng)
        name = self.settings.drum_kits[int(rng.integers(len(self.settings.drum_kits)))]
        if name not in self._kits:
            self._kits[name] = SampledKit(self._library, f"drums_{name}")
        return sampled_drums(self._kits[name], line, self._samples, is_varied, rng)

    def _percussion(self, line: Line, rng: Random) -> Audio:
        if self.settings.is_varied and rng.random() < 0.4:
            return machine_percussion(line, self._samples, rng)
        return self.font.play_drums(line, 0, self._samples)

    def _drum_line(self, song: Song, begin: float, rng: Random) -> Line:
        """Return the song's drums, or a human drumming at its tempo; a fill where no tom is played."""
        seconds = self.settings.seconds
        line = song.drums.within(begin, seconds)
        if rng.random() < 0.6 or len(only(line, (*GROUPS["kick"], *GROUPS["snare"]))) < 6:
            line = self._groove("beat", song.bpm, rng)
        if not len(only(line, GROUPS["toms"])) or rng.random() < 0.3:
            fill = self._groove("fill", song.bpm, rng)
            at = float(rng.uniform(0.3, 0.8)) * seconds
            length = float(min(fill.end.max(initial=0), seconds - at, _LONGEST_FILL_SECONDS))
            rest = line.where((line.start < at) | (line.start > at + length))
            line = _together(rest, fill.within(0, length), at)
        return performed(line, rng, 0.003, 4)

    def _groove(self, kind: str, bpm: float, rng: Random) -> Line:
        rows = [row for row in self.grooves if row["beat_type"] == kind]
        row = rows[int(rng.integers(len(rows)))]
        path = self.settings.kit / "midi" / "groove" / row["midi_filename"]
        octaves = math.log2(float(row["bpm"]) / bpm)
        factor = float(np.clip(2 ** (octaves - round(octaves)), 0.75, 1.3))
        line = general_midi_of_groove(self._song(path).drums).scaled(factor)
        if kind == "fill":
            return line
        bar = 4 * 60 / float(row["bpm"]) * factor
        line = repeated(line, math.ceil(line.start.max(initial=0) / bar) * bar, 2 * self.settings.seconds)
        return line.within(float(rng.uniform(0, self.settings.seconds)), self.settings.seconds)

    def _track(self, take: Take, name: str, takes: list[Take], lead: str | None, rng: Random) -> Track:
        audio, gain_db = _levelled(take.audio, float(rng.uniform(-40, -12)))
        if self.settings.sample_rate != RATE:
            audio = soxr.resample(audio.T, RATE, self.settings.sample_rate).T.astype(np.float32)
        file = f"{name}.wav"
        role = "normal"
        if take.instrument == lead and take.take in (None, 0):
            role = "lead"
        elif take.instrument in _BACKGROUND:
            role = "background"
        is_pair = take.take is not None and sum(t.instrument == take.instrument for t in takes) == 2
        double = f"{take.instrument}_{2 - take.take}.wav" if is_pair and take.take is not None else None
        return Track(name, file, torch.from_numpy(np.ascontiguousarray(audio)), gain_db, take.instrument, role, double)


def synthetic_session(settings: SyntheticSettings, seed: int, index: int) -> Session:
    """Return one session. For many, keep a `SyntheticStudio`: loading the sources takes longer than a session."""
    return SyntheticStudio(settings).session(seed, index)


def _processed(takes: list[Take], rooms: Rooms, rng: Random) -> list[Take]:
    """Return takes with the faults of their recording."""
    room = rooms.draw_room(rng)
    is_live = rng.random() < 0.25
    takes = coloured(takes, room, rng)
    takes = with_bleed(takes, rng) if is_live and len(takes) > 1 else takes
    takes = [take if take.instrument in _ELECTRONIC else with_noise(take, rng) for take in takes]
    return [clipped(take, rng) if rng.random() < 0.06 else take for take in takes]


def _produced(take: Take, beat_seconds: float, rng: Random) -> Take:
    """Return a take, sometimes with treatments (a pair never), most often those of electronic music and voices."""
    chance = 0.3 if take.instrument in (*_ELECTRONIC, "percussion") else 0.2 if "vocal" in take.instrument else 0.07
    return treated(take, beat_seconds, rng) if take.take is None and rng.random() < chance else take


def _drum_take(instrument: str, audio: Audio, rng: Random) -> Take:
    if instrument != "drum_loop":
        return Take(instrument, audio, is_miked=instrument in ("overheads", "room"))
    peak = max(float(np.abs(audio).max()), 1e-9)
    return Take(instrument, np.tanh(audio * np.float32(rng.uniform(0.5, 4) / peak)))


def _levelled(audio: Audio, loudness_lufs: float) -> tuple[Audio, float]:
    """Return audio at a loudness, or as near as its peak allows, and its staging gain (dB)."""
    audio = audio / np.float32(max(float(np.abs(audio).max()), 1e-9))
    staging_db = staging_gain_db(torch.from_numpy(audio), RATE)
    gain_db = min(loudness_lufs - REFERENCE_LUFS + staging_db, 20 * math.log10(_LOUDEST_PEAK))
    return np.asarray(audio * np.float32(10 ** (gain_db / 20)), np.float32), staging_db - gain_db


def _names(takes: list[Take]) -> list[str]:
    return [t.instrument if t.take is None else f"{t.instrument}_{t.take + 1}" for t in takes]


def _together(line: Line, fill: Line, at: float) -> Line:
    rows = [
        np.stack([x.start, x.end, x.pitch, x.velocity], 1)
        for x in (line, replace(fill, start=fill.start + at, end=fill.end + at))
    ]
    return line_of(np.concatenate(rows).tolist())


def _song_paths(settings: SyntheticSettings) -> list[Path]:
    folder = settings.kit / "midi" / "freedoom"
    with (folder / "index.csv").open(newline="") as table:
        names = sorted(row["file"] for row in csv.DictReader(table) if int(row["instruments"]) >= 3)
    kept = [name for place, name in enumerate(names) if _is_wanted(place % _TEST_EVERY == 0, settings.midi_split)]
    return [folder / name for name in kept]


def _groove_rows(settings: SyntheticSettings) -> list[dict[str, Any]]:
    with (settings.kit / "midi" / "groove" / "info.csv").open(newline="") as table:
        rows = [row for row in csv.DictReader(table) if row["time_signature"] == "4-4"]
    return [row for row in rows if _is_wanted(row["split"] == "test", settings.midi_split)]


def _is_wanted(is_test: bool, split: str) -> bool:
    return split == "all" or is_test == (split == "test")
