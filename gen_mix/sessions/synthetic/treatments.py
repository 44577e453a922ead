"""What producers print on a track before it is mixed: ducking, echoes, plates, filters, grit, choruses, gates."""

from dataclasses import replace

import numpy as np
import scipy.fft
from scipy.signal import butter, lfilter

from gen_mix.sessions.synthetic.faults import Take
from gen_mix.sessions.synthetic.lines import Random
from gen_mix.sessions.synthetic.soundfont import RATE, Audio


def treated(take: Take, beat_seconds: float, rng: Random) -> Take:
    """Return a take with one or two treatments, as loud as before.

    Args:
        take: Of at least half a second.
        beat_seconds: Length of a beat, by which echoes, ducking and gates go.
        rng: Draws which and how much.
    """
    audio = take.audio.astype(np.float32)
    for number in rng.permutation(len(_TREATMENTS))[: int(rng.integers(1, 3))]:
        audio = _TREATMENTS[int(number)](audio, beat_seconds, rng)
    before, after = float(np.abs(take.audio).max()), float(np.abs(audio).max())
    return replace(take, audio=np.asarray(audio * np.float32(before / max(after, 1e-9)), np.float32))


def _ducked(audio: Audio, beat: float, rng: Random) -> Audio:
    """Return audio that makes room for a kick on each beat."""
    since = np.mod(np.arange(audio.shape[1]) / RATE, beat)
    depth_db = rng.uniform(3, 20) * np.exp(-since / rng.uniform(0.05, 0.3))
    return np.asarray(audio * 10 ** (-depth_db / 20), np.float32)


def _echoed(audio: Audio, beat: float, rng: Random) -> Audio:
    """Return audio with echoes that get softer and duller."""
    late = int(min(beat * rng.choice([0.25, 0.5, 0.75, 1.0]), 0.45) * RATE)
    b, a = butter(1, rng.uniform(1500, 9000), fs=RATE)
    echo, heard = audio * np.float32(rng.uniform(0.2, 0.7)), audio.copy()
    feedback = np.float32(rng.uniform(0.2, 0.7))
    for _ in range(6):
        echo = feedback * lfilter(b, a, np.pad(echo, ((0, 0), (late, 0)))[:, : audio.shape[1]]).astype(np.float32)
        heard += echo
    return heard


def _plated(audio: Audio, beat: float, rng: Random) -> Audio:
    """Return audio in a long decaying noise, from hardly to mostly."""
    seconds = rng.uniform(0.4, 3)
    time = np.arange(int(min(seconds, 2) * RATE)) / RATE
    tail = rng.standard_normal((len(audio), len(time))) * np.exp(-6.9 * time / seconds)
    b, a = butter(1, (rng.uniform(80, 600), rng.uniform(3000, 12000)), "bandpass", fs=RATE)
    tail = lfilter(b, a, tail)
    tail *= 10 ** (rng.uniform(-18, 2) / 20) / np.sqrt(np.sum(tail**2, axis=1, keepdims=True))
    size = scipy.fft.next_fast_len(audio.shape[1] + tail.shape[1], real=True)
    wet = scipy.fft.irfft(scipy.fft.rfft(audio, size) * scipy.fft.rfft(tail.astype(np.float32), size), size)
    return np.asarray(audio + wet[:, : audio.shape[1]], np.float32)


def _filtered(audio: Audio, beat: float, rng: Random) -> Audio:
    """Return audio through a high-pass, a low-pass or the band of a telephone."""
    low, high = np.exp(rng.uniform(np.log(150), np.log(900))), np.exp(rng.uniform(np.log(1200), np.log(7000)))
    kind = str(rng.choice(["lowpass", "highpass", "bandpass"]))
    edges = {"lowpass": high, "highpass": low, "bandpass": (low, high)}[kind]
    b, a = butter(int(rng.integers(1, 3)), edges, kind, fs=RATE)
    return np.asarray(lfilter(b, a, audio), np.float32)


def _gritty(audio: Audio, beat: float, rng: Random) -> Audio:
    """Return audio at fewer samples and bits, or clipped."""
    peak = max(float(np.abs(audio).max()), 1e-9)
    if rng.random() < 0.6:
        drive = np.float32(10 ** (rng.uniform(3, 24) / 20) / peak)
        return np.asarray(np.tanh(drive * audio), np.float32)
    hold, steps = int(rng.integers(2, 10)), 2.0 ** rng.uniform(3, 9)
    held = audio[:, np.arange(audio.shape[1]) // hold * hold]
    return np.asarray(np.round(held / peak * steps) / steps * peak, np.float32)


def _widened(audio: Audio, beat: float, rng: Random) -> Audio:
    """Return audio with two copies whose delay wavers; a track of one channel stays so."""
    place = np.arange(audio.shape[1], dtype=np.float64)
    heard = audio.copy()
    for turn in (0.0, np.pi):
        rate_hz, depth = rng.uniform(0.15, 3), rng.uniform(0.0005, 0.004)
        delay = 0.012 + depth * np.sin(2 * np.pi * rate_hz * place / RATE + turn)
        at = np.maximum(place - delay * RATE, 0)
        before = np.minimum(at.astype(np.int64), audio.shape[1] - 2)
        part = (at - before).astype(np.float32)
        copy = audio[:, before] * (1 - part) + audio[:, before + 1] * part
        sides = np.array([[1.0], [0.3]] if turn == 0 else [[0.3], [1.0]], np.float32)[: len(audio)]
        heard += np.float32(rng.uniform(0.3, 1)) * sides * copy
    return heard


def _gated(audio: Audio, beat: float, rng: Random) -> Audio:
    """Return audio that is switched on and off in time."""
    period = beat / float(rng.choice([2, 4]))
    share, floor = rng.uniform(0.3, 0.8), rng.uniform(0, 0.3)
    phase = np.mod(np.arange(audio.shape[1]) / RATE, period) / period
    gate = np.clip((share - phase) * 30, 0, 1) * np.clip(phase * 60, 0, 1)
    return np.asarray(audio * (floor + (1 - floor) * gate), np.float32)


_TREATMENTS = (_ducked, _echoed, _plated, _filtered, _gritty, _widened, _gated)
