"""The sounds of instant sessions: synthesized drum hits and additive tones of drawn timbre."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, lfilter

Audio = NDArray[np.float32]
Random = np.random.Generator

_TABLE_SAMPLES = 2048
_VOWELS_HZ = ((730, 1090, 2440), (530, 1840, 2480), (270, 2290, 3010), (570, 840, 2410), (300, 870, 2240))


@dataclass(frozen=True)
class Range:
    """Ends of a uniform draw."""

    low: float
    high: float

    def draw(self, rng: Random) -> float:
        """Return one number."""
        return float(rng.uniform(self.low, self.high))


@dataclass(frozen=True)
class Recipe:
    """What the timbres and parts of an instrument class have in common.

    Attributes:
        lowest: MIDI number of the lowest note; parts span about two octaves from it.
        tilt: Slope of the harmonics, dB per octave.
        attack: Seconds until full level.
        decay: Seconds to fall by 8.7 dB while held.
        voices: Notes that sound at once.
        per_bar: Onsets in a bar.
        drive: Gain into a soft clipper.
        vibrato: Cents.
        breath: Noise beside the tone, relative.
        sung: Vowel formants shape the harmonics.
        stereo: Probability of two channels.
    """

    lowest: int
    tilt: Range
    attack: Range
    decay: Range
    voices: int
    per_bar: Range
    drive: Range = Range(0, 0)
    vibrato: Range = Range(0, 0)
    breath: Range = Range(0, 0)
    sung: bool = False
    stereo: float = 0.0


def recipes() -> dict[str, Recipe]:
    """Return the recipe of each pitched class."""
    r = Recipe
    fast, slow, held = Range(0.001, 0.01), Range(0.05, 0.3), Range(4, 20)
    clean, hot = Range(0, 1), Range(4, 30)
    sing = Range(15, 60)
    return {
        "bass": r(28, Range(-12, -6), fast, Range(0.4, 2), 1, Range(4, 8), clean),
        "synth_bass": r(28, Range(-8, -2), fast, Range(0.3, 8), 1, Range(4, 14), Range(0, 6)),
        "egtr_rhythm": r(40, Range(-7, -3), fast, Range(0.5, 3), 3, Range(4, 12), hot),
        "egtr_lead": r(57, Range(-8, -3), fast, Range(1, 4), 1, Range(3, 8), hot, Range(5, 40)),
        "acgtr": r(43, Range(-7, -2), Range(0.001, 0.003), Range(0.2, 0.8), 4, Range(4, 12)),
        "piano": r(48, Range(-10, -5), Range(0.001, 0.004), Range(0.4, 1.5), 4, Range(2, 8), stereo=0.8),
        "keys_epiano": r(50, Range(-16, -8), fast, Range(0.5, 2), 4, Range(2, 6), clean, stereo=0.6),
        "organ": r(48, Range(-6, -1), fast, held, 4, Range(1, 3), clean, Range(0, 25), stereo=0.5),
        "synth_lead": r(60, Range(-7, -1), fast, held, 1, Range(3, 10), Range(0, 5), Range(0, 30), stereo=0.3),
        "synth_pad": r(52, Range(-12, -5), slow, held, 3, Range(1, 1.5), stereo=0.9),
        "strings": r(55, Range(-8, -4), slow, held, 3, Range(1, 3), vibrato=Range(5, 25), stereo=0.7),
        "brass": r(53, Range(-6, -2), Range(0.02, 0.08), held, 2, Range(2, 5), clean, stereo=0.4),
        "sax_woodwind": r(55, Range(-9, -3), Range(0.02, 0.06), held, 1, Range(3, 7), clean, sing, Range(0.02, 0.1)),
        "lead_vocal": r(
            50, Range(-8, -4), Range(0.02, 0.08), held, 1, Range(3, 7), clean, sing, Range(0.01, 0.08), True
        ),
        "backing_vocal": r(52, Range(-9, -5), slow, held, 2, Range(1, 3), clean, sing, Range(0.01, 0.08), True, 0.25),
    }


@dataclass(frozen=True)
class Note:
    """When a note begins (samples), for how long (samples), its MIDI pitch and its gain."""

    start: int
    samples: int
    midi: float
    gain: float


def drum_hit(piece: str, rng: Random, sample_rate: int) -> Audio:
    """Return one hit of a piece (samples,): a falling tone and filtered noise, each with its decay."""
    tone_hz, tone_decay, band_hz, noise_decay, noise_gain = {
        "kick": (rng.uniform(42, 75), rng.uniform(0.06, 0.25), (1500, 6000), 0.006, rng.uniform(0.1, 0.6)),
        "snare": (
            rng.uniform(150, 260),
            rng.uniform(0.03, 0.1),
            (rng.uniform(300, 2500), 11000),
            rng.uniform(0.05, 0.2),
            1.0,
        ),
        "toms": (rng.uniform(75, 180), rng.uniform(0.12, 0.4), (500, 4000), 0.03, 0.2),
        "hihat": (rng.uniform(4000, 7000), 0.02, (rng.uniform(4000, 8000), 18000), rng.uniform(0.02, 0.25), 1.5),
        "percussion": (
            rng.uniform(300, 2500),
            rng.uniform(0.02, 0.15),
            (rng.uniform(800, 6000), 15000),
            0.05,
            rng.uniform(0, 2),
        ),
    }[piece]
    time = np.arange(round(0.4 * sample_rate)) / sample_rate
    sweep_hz = tone_hz * rng.uniform(0.3, 2.5) if piece in ("kick", "toms") else 0.0
    phase = 2 * np.pi * (tone_hz * time + sweep_hz * 0.025 * (1 - np.exp(-time / 0.025)))
    top = 0.49 * sample_rate
    b, a = butter(1, (min(band_hz[0], top / 2), min(band_hz[1], top)), "bandpass", fs=sample_rate)
    noise = lfilter(b, a, rng.standard_normal(len(time)))
    ring = np.sin(phase) * np.exp(-time / tone_decay)
    return np.asarray(ring + noise_gain * noise * np.exp(-time / noise_decay), np.float32)


def far_away(audio: Audio, rng: Random, sample_rate: int) -> Audio:
    """Return audio as a microphone far away hears it: sixteen echoes and a duller top."""
    for delay_s in rng.uniform(0.011, 0.047, 4):
        delay = min(int(delay_s * sample_rate), len(audio))
        echo = np.zeros_like(audio)
        echo[delay:] = audio[: len(audio) - delay]
        audio = audio + np.float32(0.7) * echo
    return np.asarray(lfilter([0.4], [1, -0.6], audio), np.float32)


@dataclass(frozen=True)
class Timbre:
    """One instrument of a class; see `Recipe`."""

    tilt: float
    attack: float
    decay: float
    drive: float
    vibrato: float
    breath: float
    sung: bool
    detune: float
    even: float
    bell_hz: tuple[float, ...]
    bell_db: tuple[float, ...]
    size: float
    cut_hz: float


def draw_timbre(recipe: Recipe, rng: Random) -> Timbre:
    """Return one instrument of a class."""
    bells_hz = tuple(float(hz) for hz in np.exp(rng.uniform(np.log(120), np.log(6000), 3)))
    bells_db = tuple(float(db) for db in rng.normal(0, 5, 3))
    return Timbre(
        tilt=recipe.tilt.draw(rng),
        attack=recipe.attack.draw(rng),
        decay=recipe.decay.draw(rng),
        drive=recipe.drive.draw(rng),
        vibrato=recipe.vibrato.draw(rng),
        breath=recipe.breath.draw(rng),
        sung=recipe.sung,
        detune=0.0,
        even=float(rng.uniform(0.2, 1)),
        bell_hz=bells_hz,
        bell_db=bells_db,
        size=float(rng.uniform(0.85, 1.25)),
        cut_hz=float(rng.uniform(3000, 6000)),
    )


def tone(note: Note, tables: Audio, timbre: Timbre, sample_rate: int, rng: Random) -> Audio:
    """Return one note (samples,) read from a dark and a bright wave table; the bright one fades first."""
    hz = note_hz(note.midi, timbre)
    time = np.arange(note.samples, dtype=np.float32) / np.float32(sample_rate)
    turns = np.float32(hz * _TABLE_SAMPLES) * time
    if timbre.vibrato:
        rate = 2 * np.pi * 5.5
        swing = hz * _TABLE_SAMPLES * timbre.vibrato / 1200 * np.log(2) / rate
        turns += np.float32(swing) * np.sin(np.float32(rate) * time)
    place = turns.astype(np.int32) & (_TABLE_SAMPLES - 1)
    fall = np.exp(time / np.float32(-timbre.decay))
    dark, bright = tables
    sound = (dark[place] + fall * fall * (bright - dark)[place]) * fall
    if timbre.breath:
        sound += np.float32(timbre.breath) * rng.standard_normal(len(time), np.float32)
    rise = min(int(timbre.attack * sample_rate) + 1, len(sound))
    release = min(int(0.03 * sample_rate) + 1, len(sound))
    sound[:rise] *= np.arange(rise, dtype=np.float32) / rise
    sound[-release:] *= np.arange(release, 0, -1, dtype=np.float32) / release
    return np.asarray(sound, np.float32)


def note_hz(midi: float, timbre: Timbre) -> float:
    """Return the frequency of a note, the instrument's detuning included."""
    return float(440 * 2 ** ((midi + timbre.detune / 100 - 69) / 12))


def wave_tables(midi: float, timbre: Timbre, sample_rate: int, rng: Random) -> Audio:
    """Return one period of a dark and of a bright tone (2, `_TABLE_SAMPLES`), a vowel for voices."""
    hz = note_hz(midi, timbre)
    top_hz = min(12000.0, 0.45 * sample_rate)
    harmonics = np.arange(1, min(max(2, int(top_hz / hz)), _TABLE_SAMPLES // 2))
    octaves, freqs = np.log2(harmonics), harmonics * hz
    level_db = timbre.tilt * octaves
    for bell_hz, bell_db in zip(timbre.bell_hz, timbre.bell_db, strict=True):
        level_db += bell_db * np.exp(-2 * (octaves + np.log2(hz / bell_hz)) ** 2)
    gains = 10 ** (level_db / 20) * np.where(harmonics % 2 == 0, timbre.even, 1)
    if timbre.sung:
        vowel = _VOWELS_HZ[int(rng.integers(len(_VOWELS_HZ)))]
        gains *= sum(1 / (1 + ((freqs - timbre.size * f) / (60 + 0.06 * f)) ** 2) for f in vowel)
    phases = np.exp(1j * (2.4 * harmonics) ** 1.3)  # spread out, so that the period is no needle
    spectrum = np.zeros((2, _TABLE_SAMPLES // 2 + 1), np.complex64)
    spectrum[:, harmonics] = np.stack([gains * 10 ** (-8 / 20 * octaves), gains]) * phases
    tables = np.fft.irfft(spectrum)
    return np.asarray(tables / np.abs(tables).max(axis=1, keepdims=True), np.float32)
