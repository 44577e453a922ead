"""Lines of notes, read from MIDI and turned into parts that somebody could play."""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gen_mix.sessions.synthetic.libraries import library

Floats = NDArray[np.float64]
Random = np.random.Generator

_DRUM_CHANNEL = 9
_SHORTEST_SECONDS = 0.03


@dataclass(frozen=True)
class Line:
    """The notes of one player, in order of their start.

    Attributes:
        start: Seconds (notes,).
        end: Seconds (notes,), after `start`.
        pitch: MIDI numbers (notes,); pieces of the kit for drums.
        velocity: 1 to 127 (notes,).
        program: General MIDI program, 0 to 127.
    """

    start: Floats
    end: Floats
    pitch: Floats
    velocity: Floats
    program: int = 0

    def __len__(self) -> int:
        return len(self.start)

    def where(self, keep: NDArray[np.bool_]) -> "Line":
        """Return some of the notes."""
        return replace(
            self, start=self.start[keep], end=self.end[keep], pitch=self.pitch[keep], velocity=self.velocity[keep]
        )

    def within(self, begin: float, seconds: float) -> "Line":
        """Return what sounds in an excerpt, counted from its beginning and cut at its ends."""
        cut = self.where((self.end > begin + _SHORTEST_SECONDS) & (self.start < begin + seconds - _SHORTEST_SECONDS))
        return replace(cut, start=np.maximum(cut.start - begin, 0), end=np.minimum(cut.end - begin, seconds))

    def scaled(self, factor: float) -> "Line":
        """Return the line at another tempo: times are multiplied."""
        return replace(self, start=self.start * factor, end=self.end * factor)

    @property
    def polyphony(self) -> float:
        """Mean number of notes that sound at an onset; 0 if there are none."""
        if not len(self):
            return 0.0
        sounding = (self.start[:, None] <= self.start + 0.01) & (self.end[:, None] > self.start + 0.01)
        return float(sounding.sum(0).mean())

    @property
    def coverage_seconds(self) -> float:
        """Seconds during which something sounds."""
        total, until = 0.0, 0.0
        for start, end in zip(self.start, self.end, strict=True):
            total += max(0.0, end - max(start, until))
            until = max(until, end)
        return total


@dataclass(frozen=True)
class Song:
    """Lines of one piece, by channel and program, its drums, length (s) and first tempo (beats per minute)."""

    lines: tuple[Line, ...]
    drums: Line
    seconds: float
    bpm: float


def line_of(notes: list[list[float]], program: int = 0) -> Line:
    """Return a line of rows (start, end, pitch, velocity)."""
    table = np.array(sorted(notes), np.float64).reshape(-1, 4)
    return Line(
        table[:, 0], np.maximum(table[:, 1], table[:, 0] + _SHORTEST_SECONDS), table[:, 2], table[:, 3], program
    )


def read_song(path: Path) -> Song:
    """Return the song of a MIDI file. Volume, pan and send controllers are the arranger's mix and are left out."""
    notes: dict[tuple[int, int], list[list[float]]] = {}
    sounding: dict[tuple[int, int], list[float]] = {}
    programs = [0] * 16
    tempo, now, last_tick, first_tempo = 500_000, 0.0, 0, 0
    mido = library("mido")
    file = mido.MidiFile(path)
    for tick, message in _by_time(file):
        now += mido.tick2second(tick - last_tick, file.ticks_per_beat, tempo)
        last_tick = tick
        if message.type == "set_tempo":
            tempo = message.tempo
            first_tempo = first_tempo or tempo
        elif message.type == "program_change":
            programs[message.channel] = message.program
        elif message.type in ("note_on", "note_off"):
            key = (message.channel, message.note)
            if key in sounding:
                sounding.pop(key)[1] = now
            if message.type == "note_on" and message.velocity:
                sounding[key] = [now, now + 1.0, float(message.note), float(message.velocity)]
                notes.setdefault((message.channel, programs[message.channel]), []).append(sounding[key])
    melodic = [line_of(rows, program) for (channel, program), rows in sorted(notes.items()) if channel != _DRUM_CHANNEL]
    drums = [row for (channel, _), rows in notes.items() if channel == _DRUM_CHANNEL for row in rows]
    return Song(tuple(melodic), line_of(drums), now, float(mido.tempo2bpm(first_tempo or tempo)))


def _by_time(file: Any) -> list[tuple[int, Any]]:
    """Return (tick, message) of all tracks together; mido's own merging copies each message and takes twice as long."""
    events = []
    for track in file.tracks:
        tick = 0
        for message in track:
            tick += message.time
            events.append((tick, message))
    return sorted(events, key=lambda event: event[0])


def top_voice(line: Line) -> Line:
    """Return a melody of one note at a time: the highest of each onset, cut by the next."""
    keep = np.array([not np.any((abs(line.start - s) < 0.03) & (line.pitch > p)) for s, p in _rows(line)], bool)
    melody = line.where(keep) if len(line) else line
    return replace(melody, end=np.minimum(melody.end, np.append(melody.start[1:], np.inf)))


def bottom_voice(line: Line) -> Line:
    """Return a bass line: the lowest note of each onset, cut by the next."""
    return replace(upside := top_voice(replace(line, pitch=-line.pitch)), pitch=-upside.pitch)


def held_chords(line: Line, seconds: float) -> Line:
    """Return the harmony as chords held for `seconds`: the three pitch classes heard longest in each span."""
    rows: list[list[float]] = []
    for begin in np.arange(0, line.end.max(initial=0), seconds):
        span = line.within(float(begin), seconds)
        weight = np.bincount(span.pitch.astype(int) % 12, span.end - span.start, 12) if len(span) else np.zeros(12)
        for pitch_class in np.argsort(-weight, kind="stable")[:3]:
            if weight[pitch_class] > 0.1 * seconds:
                rows.append([begin, begin + seconds, 60.0 + pitch_class, float(span.velocity.mean())])
    return line_of(rows, line.program)


def repeated(line: Line, period: float, seconds: float) -> Line:
    """Return a line played again every `period` until `seconds`, or the line if it is longer than that."""
    times = 1 if not len(line) or period <= 0 else math.ceil(seconds / period)
    shifts = np.repeat(np.arange(times) * period, len(line))
    start, end, pitch, velocity = (np.tile(x, times) for x in (line.start, line.end, line.pitch, line.velocity))
    order = np.argsort(start + shifts, kind="stable")
    return Line((start + shifts)[order], (end + shifts)[order], pitch[order], velocity[order], line.program)


def in_register(line: Line, lowest: int, highest: int) -> Line:
    """Return the line moved by octaves as a whole, and notes still outside folded in."""
    if not len(line):
        return line
    pitch = line.pitch + 12 * np.round(((lowest + highest) / 2 - np.median(line.pitch)) / 12)
    pitch = np.where(pitch < lowest, lowest + (pitch - lowest) % 12, pitch)
    pitch = np.where(pitch > highest, highest - (highest - pitch) % 12, pitch)
    return replace(line, pitch=pitch)


def performed(line: Line, rng: Random, timing_seconds: float, touch: float, length: float = 1.0) -> Line:
    """Return one performance: late or early notes, uneven touch, a constant lead or lag of the player.

    Args:
        line: What is written.
        rng: Draws the performance; another draw is another take.
        timing_seconds: Standard deviation of onsets.
        touch: Standard deviation of velocities.
        length: Notes become so much longer.
    """
    lag = float(np.clip(rng.normal(0, timing_seconds), -0.02, 0.02))
    start = np.maximum(line.start + lag + rng.normal(0, timing_seconds, len(line)), 0)
    held = np.maximum((line.end - line.start) * length * rng.uniform(0.9, 1.05, len(line)), _SHORTEST_SECONDS)
    velocity = np.clip(line.velocity + rng.normal(0, touch, len(line)), 15, 127)
    order = np.argsort(start, kind="stable")
    return Line(start[order], (start + held)[order], line.pitch[order], velocity[order], line.program)


def _rows(line: Line) -> list[tuple[float, float]]:
    return list(zip(line.start.tolist(), line.pitch.tolist(), strict=True))
