"""A singing voice: a glottal source, noise of the breath, and the resonances of a mouth that changes shape.

The source-filter model of Fant, "Acoustic Theory of Speech Production" (1960): the source is a
band-limited pulse train with vibrato and drift, the filter a product of resonances that glide from
vowel to vowel, applied frame by frame.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gen_mix.sessions.synthetic.lines import Line, Random
from gen_mix.sessions.synthetic.soundfont import RATE, Audio

_FRAME = 1024
_HOP = 512
_TABLE_SAMPLES = 2048
_VOWELS_HZ = {
    "a": (730, 1190, 2540, 3400),
    "e": (460, 1900, 2550, 3500),
    "i": (290, 2250, 3000, 3600),
    "o": (500, 870, 2450, 3300),
    "u": (320, 800, 2250, 3250),
    "schwa": (520, 1450, 2500, 3400),
}
_CONSONANT_BANDS_HZ = ((5200, 9500), (2600, 6500), (1200, 8000), (3500, 7500))


@dataclass(frozen=True)
class Singer:
    """One voice.

    Attributes:
        lowest: MIDI number of the lowest comfortable note; the range is 17 semitones.
        mouth: Frequencies of the resonances relative to a man's.
        tilt_db: Slope of the source per octave, about -15 (soft) to -8 (pressed).
        breath: Noise in vowels relative to the tone.
        vibrato_cents: Depth when a note has lasted.
        vibrato_hz: Rate.
        glide_seconds: Time from note to note.
        unsteady_cents: Drift of pitch.
        ring_db: Boost around 3 kHz.
        consonants: Probability that a note begins with one.
        vowels: Those of this song's words.
    """

    lowest: int
    mouth: float
    tilt_db: float
    breath: float
    vibrato_cents: float
    vibrato_hz: float
    glide_seconds: float
    unsteady_cents: float
    ring_db: float
    consonants: float
    vowels: tuple[str, ...]


def draw_singer(rng: Random) -> Singer:
    """Return a voice: half of them low with a long vocal tract, half high with a short one."""
    is_high = rng.random() < 0.5
    vowels = tuple(rng.permutation(list(_VOWELS_HZ))[: int(rng.integers(1, 7))].tolist())
    return Singer(
        lowest=int(rng.integers(55, 64) if is_high else rng.integers(43, 52)),
        mouth=float(rng.uniform(1.08, 1.3) if is_high else rng.uniform(0.92, 1.08)),
        tilt_db=float(rng.uniform(-14, -8)),
        breath=float(10 ** rng.uniform(-2.6, -1.2)),
        vibrato_cents=float(rng.choice([0.0, rng.uniform(10, 70)])),
        vibrato_hz=float(rng.uniform(4.5, 6.8)),
        glide_seconds=float(rng.uniform(0.02, 0.12)),
        unsteady_cents=float(rng.uniform(4, 18)),
        ring_db=float(rng.uniform(0, 10)),
        consonants=float(rng.uniform(0.2, 0.9)),
        vowels=vowels,
    )


def sing(line: Line, singer: Singer, samples: int, rng: Random) -> Audio:
    """Return the line sung (1, samples).

    Args:
        line: One note at a time, in order; words are drawn.
        singer: The voice.
        samples: Length.
        rng: Draws words, drift and consonants; another draw is another take.
    """
    frames = samples // _HOP + 2
    source = _glottal_source(line, singer, samples, rng)
    breath = np.float32(singer.breath) * rng.standard_normal(samples, np.float32)
    loudness = _envelope(line, samples)
    voiced = _filtered((source + breath) * loudness, _mouth_gains(line, singer, frames, rng))
    return np.asarray(voiced + _consonants(line, singer, samples, rng), np.float32)[None]


def _glottal_source(line: Line, singer: Singer, samples: int, rng: Random) -> Audio:
    hz = 440 * 2 ** ((_pitch(line, singer, samples, rng) - 69) / 12)
    turns = np.cumsum(hz / RATE)
    harmonics = np.arange(1, max(int(0.4 * RATE / hz.max()), 2))[: _TABLE_SAMPLES // 2 - 1]
    spectrum = np.zeros(_TABLE_SAMPLES // 2 + 1, np.complex64)
    spectrum[harmonics] = 10 ** (singer.tilt_db / 20 * np.log2(harmonics)) * np.exp(0.5j * harmonics)
    table = np.fft.irfft(spectrum)
    table /= np.abs(table).max()
    return np.asarray(table[(turns * _TABLE_SAMPLES).astype(np.int64) % _TABLE_SAMPLES], np.float32)


def _pitch(line: Line, singer: Singer, samples: int, rng: Random) -> NDArray[np.float64]:
    """Return the pitch in semitones (samples,): glides between notes, late vibrato, slow drift."""
    steps = samples // 64 + 2
    time = np.arange(steps) * 64 / RATE
    note = np.clip(np.searchsorted(line.start, time, side="right") - 1, 0, max(len(line) - 1, 0))
    target = line.pitch[note] if len(line) else np.full(steps, 60.0)
    kernel = np.hanning(max(int(singer.glide_seconds * RATE / 64), 1) + 2)
    edge = len(kernel)
    smooth = np.convolve(np.pad(target, edge, mode="edge"), kernel / kernel.sum(), "same")[edge:-edge]
    since = time - (line.start[note] if len(line) else 0)
    depth = singer.vibrato_cents / 100 * np.clip((since - 0.15) / 0.3, 0, 1)
    vibrato = depth * np.sin(2 * np.pi * singer.vibrato_hz * time + rng.uniform(0, 6))
    anchors = np.arange(0, time[-1] + 0.5, 0.12)
    drift = np.interp(time, anchors, rng.normal(0, singer.unsteady_cents / 100, len(anchors)))
    return np.interp(np.arange(samples) / RATE, time, smooth + vibrato + drift)


def _envelope(line: Line, samples: int) -> Audio:
    """Return the loudness of the voiced part (samples,)."""
    coarse = np.zeros(samples // 64 + 2)
    for start, end, velocity in zip(line.start, line.end, line.velocity, strict=True):
        begin, until = int(start * RATE / 64), int(end * RATE / 64)
        coarse[begin:until] = (velocity / 127) ** 1.5
    rise = np.hanning(int(0.06 * RATE / 64))
    smooth = np.convolve(coarse, rise / rise.sum(), "same")
    return np.interp(np.arange(samples) / 64, np.arange(len(smooth)), smooth).astype(np.float32)


def _mouth_gains(line: Line, singer: Singer, frames: int, rng: Random) -> Audio:
    """Return the filter of each frame (frames, bins)."""
    freqs = np.fft.rfftfreq(_FRAME, 1 / RATE).astype(np.float32)
    words = rng.integers(0, len(singer.vowels), max(len(line), 1))
    formants = np.array([_VOWELS_HZ[vowel] for vowel in singer.vowels], np.float64) * singer.mouth
    formants *= 1 + rng.normal(0, 0.03, formants.shape)
    time = np.arange(frames) * _HOP / RATE
    note = np.clip(np.searchsorted(line.start, time + 0.03, side="right") - 1, 0, max(len(line) - 1, 0))
    shape = formants[words[note]]
    kernel = np.hanning(9) / np.hanning(9).sum()
    shape = np.stack([np.convolve(np.pad(f, 4, mode="edge"), kernel, "valid") for f in shape.T], axis=1)
    gains = np.zeros((frames, len(freqs)), np.float32)
    for number, strength in enumerate((1.0, 0.7, 0.45, 0.3)):
        center = shape[:, number, None].astype(np.float32)
        width = np.float32(40) + np.float32(0.045) * center
        gains += np.float32(strength) / (1 + ((freqs - center) / width) ** 2) ** np.float32(0.75)
    ring = 10 ** (singer.ring_db / 20 * np.exp(-(((freqs - 2900) / 500) ** 2)))
    return np.asarray(gains * ring, np.float32)


def _filtered(audio: Audio, gains: Audio) -> Audio:
    """Return audio (samples,) filtered frame by frame, frames half overlapping under a sine window on both sides."""
    frames = len(gains)
    padded = np.pad(audio, (_HOP, frames * _HOP + _FRAME - len(audio)))
    window = np.sin(np.pi * (np.arange(_FRAME) + 0.5) / _FRAME).astype(np.float32)
    cut = np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[: frames * _HOP : _HOP]
    heard = np.fft.irfft(np.fft.rfft(cut * window) * gains).astype(np.float32) * window
    out = np.zeros((frames + 1) * _HOP, np.float32)
    out[:-_HOP] += heard[:, :_HOP].ravel()
    out[_HOP:] += heard[:, _HOP:].ravel()
    return out[_HOP : _HOP + len(audio)]


def _consonants(line: Line, singer: Singer, samples: int, rng: Random) -> Audio:
    """Return bursts of noise before notes (samples,)."""
    audio = np.zeros(samples, np.float32)
    for start, velocity in zip(line.start, line.velocity, strict=True):
        if rng.random() > singer.consonants:
            continue
        low, high = _CONSONANT_BANDS_HZ[int(rng.integers(len(_CONSONANT_BANDS_HZ)))]
        length = int(rng.uniform(0.03, 0.14) * RATE)
        noise = np.fft.rfft(rng.standard_normal(length))
        freqs = np.fft.rfftfreq(length, 1 / RATE)
        noise *= 1 / (1 + (low / np.maximum(freqs, 1)) ** 4) / (1 + (freqs / high) ** 4)
        burst = np.fft.irfft(noise, length) * np.hanning(length) * rng.uniform(0.02, 0.12) * velocity / 127
        begin = max(int(start * RATE) - length * 2 // 3, 0)
        heard = burst[: max(samples - begin, 0)]
        audio[begin : begin + len(heard)] += heard.astype(np.float32)
    return audio
