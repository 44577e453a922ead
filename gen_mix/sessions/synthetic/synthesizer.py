"""Instruments made in code: wave tables whose brightness moves, so that no two sessions share a timbre.

A soundfont has a few recordings of each class; whoever learns from those alone knows the recordings. Here each class
is a range of sounds: waves, filters, envelopes, detuned voices, bodies and noises are drawn anew for each take.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gen_mix.sessions.synthetic.lines import Line, Random
from gen_mix.sessions.synthetic.soundfont import RATE, Audio
from gen_mix.sessions.synthetic.synth_recipes import RECIPES, Ends

_TABLE_SAMPLES = 2048
_LEVELS = 6
_HIGHEST_HZ = 17000.0
_LONGEST_NOTE_SECONDS = 4.0


@dataclass(frozen=True)
class Patch:
    """One sound of a class; see `synth_recipes.Recipe`. `wave` is the level of each harmonic (harmonics,)."""

    wave: NDArray[np.float64]
    cutoff: float
    sweep: float
    sweep_seconds: float
    slope_db: float
    resonance_db: float
    attack: float
    decay: float
    release: float
    is_struck: bool
    pitches: NDArray[np.float64]
    places: NDArray[np.float64]
    vibrato: float
    vibrato_hz: float
    noise: float
    body_hz: NDArray[np.float64]
    body_db: NDArray[np.float64]
    drive_db: float


def draw_patch(instrument: str, rng: Random) -> Patch:
    """Return one sound of a class of `RECIPES`."""
    recipe = RECIPES[instrument]
    voices = int(rng.integers(1, recipe.voices + 1))
    cents = rng.uniform(*recipe.detune) * np.linspace(-1, 1, voices) if voices > 1 else np.zeros(1)
    spread = rng.uniform(0, 1)
    return Patch(
        wave=_wave(str(rng.choice(recipe.waves)), rng),
        cutoff=rng.uniform(*recipe.cutoff),
        sweep=rng.uniform(*recipe.sweep),
        sweep_seconds=_octaves(recipe.sweep_seconds, rng),
        slope_db=rng.uniform(6, 24),
        resonance_db=max(0.0, rng.uniform(-10, 12)),
        attack=_octaves(recipe.attack, rng),
        decay=_octaves(recipe.decay, rng),
        release=_octaves(recipe.release, rng),
        is_struck=recipe.is_struck,
        pitches=2 ** (cents / 1200),
        places=0.5 + 0.5 * spread * rng.permutation(np.linspace(-1, 1, voices)) if voices > 1 else np.full(1, 0.5),
        vibrato=rng.uniform(*recipe.vibrato),
        vibrato_hz=rng.uniform(3.5, 7),
        noise=rng.uniform(*recipe.noise),
        body_hz=np.exp(rng.uniform(np.log(90), np.log(7000), 5)),
        body_db=rng.normal(0, recipe.body, 5),
        drive_db=rng.uniform(*recipe.drive),
    )


def synthesize(line: Line, patch: Patch, samples: int, rng: Random) -> Audio:
    """Return a line played with a patch (2, samples), peak 1 unless it is silent.

    Args:
        line: Notes; those that last longer than four seconds are cut.
        patch: The sound.
        samples: Length.
        rng: Draws phases and noises.
    """
    audio = np.zeros((2, samples), np.float32)
    for start, end, pitch, velocity in zip(line.start, line.end, line.pitch, line.velocity, strict=True):
        begin = int(start * RATE)
        sound = _note(float(pitch), min(float(end - start), _LONGEST_NOTE_SECONDS), float(velocity) / 127, patch, rng)
        heard = sound[:, : max(samples - begin, 0)]
        audio[:, begin : begin + heard.shape[1]] += heard
    audio /= max(float(np.abs(audio).max()), 1e-9)
    gain = np.float32(10 ** (patch.drive_db / 20))
    return np.asarray(np.tanh(gain * audio) / np.tanh(gain), np.float32)


def _note(pitch: float, seconds: float, strength: float, patch: Patch, rng: Random) -> Audio:
    """Return one note with its release (2, samples)."""
    time = np.arange(int((seconds + patch.release) * RATE), dtype=np.float32) / np.float32(RATE)
    hz = 440 * 2 ** ((pitch - 69) / 12)
    tables = _tables(hz, strength, patch)
    course = np.exp(-time / np.float32(patch.sweep_seconds))
    level = np.float32(_LEVELS - 1.001) * (course if patch.is_struck else 1 - course)
    lower = level.astype(np.int32)
    part = level - lower
    wobble = patch.vibrato / 1200 * np.log(2) / (2 * np.pi * patch.vibrato_hz)
    swing = wobble * np.sin(2 * np.pi * patch.vibrato_hz * time + rng.uniform(0, 6))
    audio = np.zeros((2, len(time)), np.float32)
    for ratio, place in zip(patch.pitches, patch.places, strict=True):
        turns = hz * ratio * (time + swing) + rng.uniform()
        index = (turns * _TABLE_SAMPLES).astype(np.int64) & (_TABLE_SAMPLES - 1)
        sound = tables[lower, index] * (1 - part) + tables[lower + 1, index] * part
        audio += np.sqrt([[1 - place], [place]]).astype(np.float32) * sound
    if patch.noise:
        fall = np.exp(-time / np.float32(0.015)) if patch.is_struck else np.float32(1)
        audio += np.float32(patch.noise) * fall * rng.standard_normal(len(time), np.float32)
    return np.asarray(audio * _envelope(time, seconds, patch) * np.float32(0.3 + 0.7 * strength), np.float32)


def _envelope(time: Audio, seconds: float, patch: Patch) -> Audio:
    """Return the level of a note (samples,)."""
    rise = np.minimum(time / np.float32(patch.attack), 1)
    fall = np.exp(-np.minimum(time, np.float32(seconds)) / np.float32(patch.decay))
    gone = np.clip(1 - (time - np.float32(seconds)) / np.float32(patch.release), 0, 1)
    return np.asarray(rise * fall * gone * gone, np.float32)


def _tables(hz: float, strength: float, patch: Patch) -> Audio:
    """Return one period from the darkest to the brightest (levels, table samples), the brightest with peak 1."""
    harmonics = np.arange(1, min(len(patch.wave), max(2, int(_HIGHEST_HZ / hz))) + 1)
    octaves = np.log2(harmonics)
    body = patch.body_db[:, None] * np.exp(-8 * np.log2(harmonics * hz / patch.body_hz[:, None]) ** 2)
    cutoff = patch.cutoff + patch.sweep * (0.4 + 0.6 * strength) * np.linspace(0, 1, _LEVELS)[:, None]
    beyond = octaves - cutoff
    filter_db = -patch.slope_db * np.logaddexp(0, 6 * beyond) / 6 + patch.resonance_db * np.exp(-6 * beyond**2)
    gains = patch.wave[: len(harmonics)] * 10 ** ((filter_db + body.sum(0)) / 20)
    spectrum = np.zeros((_LEVELS, _TABLE_SAMPLES // 2 + 1), np.complex64)
    spectrum[:, harmonics] = gains * np.exp(1j * (2.4 * harmonics) ** 1.3)  # spread, so that the period is no needle
    tables = np.fft.irfft(spectrum)
    return np.asarray(tables / max(float(np.abs(tables[-1]).max()), 1e-9), np.float32)


def _wave(name: str, rng: Random) -> NDArray[np.float64]:
    """Return the level of each harmonic of a wave (256,)."""
    number = np.arange(1, 257)
    match name:
        case "saw":
            return 1 / number
        case "square":
            return (number % 2 + rng.uniform(0, 0.2) * (number % 2 == 0)) / number
        case "pulse":
            return np.abs(np.sin(np.pi * number * rng.uniform(0.03, 0.45))) / number
        case "sine":
            return np.where(number == 1, 1.0, rng.uniform(0, 0.1) / number**1.5)
        case "drawbars":
            bars = np.zeros(256)
            bars[np.array([1, 2, 3, 4, 6, 8, 10, 12, 16]) - 1] = rng.uniform(0, 1, 9) ** 2
            bars[int(rng.integers(3))] = 1
            return bars
        case "tines":
            bars = np.asarray(rng.uniform(0.005, 0.05) / number**0.5)
            bars[[0, 1, int(rng.integers(2, 16))]] = 1, rng.uniform(0, 0.6), rng.uniform(0, 0.5)
            return bars
    place = rng.uniform(0.05, 0.3)  # of the pluck or the hammer on the string
    return np.abs(np.sin(np.pi * number * place)) / number ** rng.uniform(0.8, 1.8)


def _octaves(ends: Ends, rng: Random) -> float:
    """Return a number between two ends, drawn on a scale of octaves."""
    return float(np.exp(rng.uniform(np.log(ends[0]), np.log(ends[1]))))
