"""Sessions made in code within milliseconds: for tests and the smallest configuration.

A session is a short song in one key: a drum kit of synthesized hits and pitched parts of additive
timbres. Each draw has its own tempo, chords, rhythms and timbres; labels are exact because the song is.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.signal import butter, lfilter

from gen_mix.loudness import staging_gain_db
from gen_mix.sessions.instant_sounds import (
    Audio,
    Note,
    Random,
    Recipe,
    Timbre,
    draw_timbre,
    drum_hit,
    far_away,
    recipes,
    tone,
    wave_tables,
)
from gen_mix.sessions.session import Session, Track

_CHORDS = ((0, 4, 7, 12), (9, 12, 16, 21), (5, 9, 12, 17), (7, 11, 14, 19), (2, 5, 9, 14), (4, 7, 11, 16))
_DRUM_CLASSES = ("kick", "snare", "toms", "hihat", "overheads", "room", "percussion", "drum_loop")
_DOUBLED = ("egtr_rhythm", "acgtr", "backing_vocal", "synth_pad")
_LEADS = ("lead_vocal", "egtr_lead", "synth_lead", "sax_woodwind")
_BACKGROUND = ("backing_vocal", "synth_pad", "fx", "room")
_HITS = {
    "kick": ((0, 1.0), (8, 1.0), (10, 0.4), (6, 0.3)),
    "snare": ((4, 1.0), (12, 1.0), (15, 0.2), (7, 0.15)),
    "hihat": tuple((step, 0.95 if step % 2 == 0 else 0.3) for step in range(16)),
    "toms": ((9, 0.5), (11, 0.6), (13, 0.6), (14, 0.8)),
    "percussion": tuple((step, 0.5) for step in range(16)),
}


@dataclass(frozen=True)
class _Song:
    """The frame all parts share: grid, key and chords."""

    sample_rate: int
    samples: int
    step_samples: float
    root: int
    chords: tuple[int, ...]

    def chord(self, step: int) -> tuple[int, ...]:
        return _CHORDS[self.chords[(step // 16) % len(self.chords)]]

    @property
    def steps(self) -> int:
        return int(self.samples / self.step_samples)


def instant_session(seed: int, index: int, sample_rate: int = 44100, seconds: float = 3.0) -> Session:
    """Return a labelled session that is a pure function of its arguments.

    Args:
        seed: Which series of sessions, at least 0.
        index: Which session of the series, at least 0.
        sample_rate: In Hz.
        seconds: Length, at least 0.5.

    Returns:
        3 to 12 tracks, mono and stereo, with instrument, role and doubles; at most one lead.
    """
    rng = np.random.default_rng((seed, index))
    song = _song(rng, sample_rate, seconds)
    instruments = _choose_instruments(rng)
    heard = set(instruments) | (set(_HITS) if {"overheads", "room", "drum_loop"} & set(instruments) else set())
    kit = {piece: drum_hit(piece, rng, sample_rate) for piece in _HITS if piece in heard}
    pattern = {piece: _pattern(piece, song, rng) for piece in _HITS}
    lead = next((name for name in _LEADS if name in instruments), None)
    tracks: list[Track] = []
    for instrument in instruments:
        if instrument in _DRUM_CLASSES:
            takes = [_drum_track(instrument, song, kit, pattern, rng)]
        else:
            takes = _pitched_takes(instrument, song, rng)
        role = "lead" if instrument == lead else "background" if instrument in _BACKGROUND else "normal"
        tracks += _labelled(takes, instrument, role, sample_rate, rng)
    return Session(f"instant_{seed}_{index}", sample_rate, tuple(tracks))


def _labelled(takes: list[Audio], instrument: str, role: str, sample_rate: int, rng: Random) -> list[Track]:
    names = [instrument] if len(takes) == 1 else [f"{instrument}_1", f"{instrument}_2"]
    tracks = []
    for take, audio in enumerate(takes):
        peak = 10 ** (rng.uniform(-24, -1) / 20)
        scaled = torch.from_numpy((audio * (peak / max(float(np.abs(audio).max()), 1e-9))).astype(np.float32))
        other = f"{names[1 - take]}.wav" if len(takes) == 2 else None
        gain_db = staging_gain_db(scaled, sample_rate)
        tracks.append(Track(names[take], f"{names[take]}.wav", scaled, gain_db, instrument, role, other))
    return tracks


def _song(rng: Random, sample_rate: int, seconds: float) -> _Song:
    step_samples = 60 / rng.uniform(75, 170) / 4 * sample_rate
    chords = tuple(int(place) for place in rng.integers(0, len(_CHORDS), 4))
    return _Song(sample_rate, round(seconds * sample_rate), step_samples, int(rng.integers(-5, 7)), chords)


def _choose_instruments(rng: Random) -> list[str]:
    """Return 3 to 10 classes; a double adds a track to some of them."""
    pitched = [*recipes(), "fx"]
    drums = ["drum_loop"] if rng.random() < 0.25 else [name for name in _DRUM_CLASSES[:7] if rng.random() < 0.5]
    count = max(3 - len(drums), int(rng.integers(2, 9 - min(len(drums), 5))))
    weights = np.array([3.0 if name in ("bass", "lead_vocal", "egtr_rhythm") else 1.0 for name in pitched])
    chosen = rng.choice(len(pitched), count, replace=False, p=weights / weights.sum())
    return drums + [pitched[place] for place in sorted(chosen)]


def _pattern(piece: str, song: _Song, rng: Random) -> list[Note]:
    bar = [step for step, probability in _HITS[piece] if rng.random() < probability]
    bar = bar or [_HITS[piece][0][0]]
    notes = []
    for step in range(song.steps):
        if step % 16 in bar or step == bar[0] % max(song.steps, 1):
            start = int(step * song.step_samples + rng.uniform(0, 0.012) * song.sample_rate)
            notes.append(Note(start, 0, float(rng.integers(0, 3)), float(rng.uniform(0.5, 1))))
    return notes


def _place(hit: Audio, notes: list[Note], samples: int) -> Audio:
    audio = np.zeros(samples, np.float32)
    for note in notes:
        end = min(note.start + len(hit), samples)
        if end > note.start:
            audio[note.start : end] += note.gain * hit[: end - note.start]
    return audio


def _drum_track(
    instrument: str, song: _Song, kit: dict[str, Audio], pattern: dict[str, list[Note]], rng: Random
) -> Audio:
    """Return (1 or 2, samples); microphones of several pieces hear the same hits as the close ones."""
    if instrument in _HITS:
        return _place(kit[instrument], pattern[instrument], song.samples)[None]
    names = ("kick", "snare", "hihat", "toms")
    gains = {"overheads": (0.15, 0.6, 1, 0.4), "room": (0.8, 0.8, 0.5, 0.5), "drum_loop": (1, 0.9, 0.5, 0)}[instrument]
    sides = []
    for _ in range(2):
        mix = np.zeros(song.samples, np.float32)
        for name, gain in zip(names, gains, strict=True):
            late = 20 + int(rng.integers(0, 40)) + (300 if instrument == "room" else 0)
            heard = [replace(note, start=note.start + late) for note in pattern[name]]
            mix += gain * float(rng.uniform(0.6, 1.2)) * _place(kit[name], heard, song.samples)
        sides.append(far_away(mix, rng, song.sample_rate) if instrument == "room" else mix)
    audio = np.stack(sides) if rng.random() < 0.8 else sides[0][None]
    return np.asarray(np.tanh(2 * audio), np.float32) if instrument == "drum_loop" else audio


def _pitched_takes(instrument: str, song: _Song, rng: Random) -> list[Audio]:
    """Return one take (1 or 2, samples), or the two of a double."""
    if instrument == "fx":
        return [_effect(song, rng)]
    recipe = recipes()[instrument]
    timbre = draw_timbre(recipe, rng)
    notes = _part(recipe, song, rng)
    is_stereo = bool(rng.random() < recipe.stereo)
    if instrument in _DOUBLED and not is_stereo and rng.random() < 0.5:
        other = replace(timbre, tilt=timbre.tilt + float(rng.normal(0, 0.7)), detune=float(rng.normal(0, 6)))
        takes = [_perform(notes, timbre, song, rng), _perform(notes, other, song, rng)]
        return [take[None] for take in takes]
    left = _perform(notes, timbre, song, rng)
    if not is_stereo:
        return [left[None]]
    right = _perform(notes, replace(timbre, detune=float(rng.normal(0, 5))), song, rng)
    blend = float(rng.uniform(0, 0.7))
    return [np.stack([left + blend * right, right + blend * left])]


def _effect(song: _Song, rng: Random) -> Audio:
    """Return a riser or an impact of noise (2, samples)."""
    time = np.linspace(0, 1, song.samples)
    swell = time ** rng.uniform(1, 4) if rng.random() < 0.5 else np.exp(-time * rng.uniform(3, 12))
    b, a = butter(1, sorted(rng.uniform(100, 9000, 2)) + np.array([0, 200]), "bandpass", fs=song.sample_rate)
    return np.asarray(lfilter(b, a, rng.standard_normal((2, song.samples))) * swell, np.float32)


def _part(recipe: Recipe, song: _Song, rng: Random) -> list[Note]:
    """Return the notes: tones of the chord, or of the scale in between for single lines."""
    per_bar = recipe.per_bar.draw(rng)
    onsets = [step for step in range(song.steps) if step % 16 == 0 or rng.random() < (per_bar - 1) / 15]
    notes = []
    for place, step in enumerate(onsets):
        until = onsets[place + 1] if place + 1 < len(onsets) else song.steps
        tones = rng.permutation(song.chord(step))[: recipe.voices]
        gain = float(rng.uniform(0.5, 1))
        length = int((until - step) * song.step_samples * rng.uniform(0.7, 1))
        for pitch in tones:
            midi = recipe.lowest + (int(pitch) + song.root - recipe.lowest) % 12 + 12 * int(rng.random() < 0.3)
            notes.append(Note(int(step * song.step_samples), max(length, 200), midi, gain))
    return notes


def _perform(notes: list[Note], timbre: Timbre, song: _Song, rng: Random) -> Audio:
    """Return one take of the notes (samples,), with the player's own timing and touch."""
    audio = np.zeros(song.samples, np.float32)
    pitches = sorted({note.midi for note in notes})
    tables = {midi: wave_tables(midi, timbre, song.sample_rate, rng) for midi in pitches}
    for note in notes:
        start = note.start + int(abs(rng.normal(0, 0.008)) * song.sample_rate)
        sound = tone(note, tables[note.midi], timbre, song.sample_rate, rng)[: max(song.samples - start, 0)]
        audio[start : start + len(sound)] += sound * float(note.gain * rng.uniform(0.75, 1))
    if timbre.drive > 1:
        audio = np.tanh(timbre.drive * audio)
        b, a = butter(2, min(timbre.cut_hz, 0.4 * song.sample_rate), fs=song.sample_rate)
        audio = np.asarray(lfilter(b, a, audio), np.float32)
    return audio
