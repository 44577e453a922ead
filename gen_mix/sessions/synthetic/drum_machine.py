"""Drum machines made in code: tones that fall, filtered and metallic noise, drawn anew for each session."""

import numpy as np
from scipy.signal import butter, lfilter

from gen_mix.sessions.synthetic.drums import GROUPS, PIECES, PlayDrums, only
from gen_mix.sessions.synthetic.lines import Line, Random
from gen_mix.sessions.synthetic.soundfont import RATE, Audio

_CYMBALS = ("crash left", "crash right", "china", "ride", "bell")
_LONGEST_SECONDS = 1.5


def machine_drums(line: Line, samples: int, rng: Random) -> PlayDrums:
    """Return a player of a drumming on a machine: each piece alone on its track, the loop is all of them."""
    sounds = {piece: _hit(piece, rng) for piece in PIECES}
    sounds["side stick"] = sounds["snare"] if rng.random() < 0.5 else sounds["side stick"]
    accent = float(rng.uniform(0, 0.8))
    gains = {piece: np.float32(10 ** (rng.normal(0, 3) / 20)) for piece in PIECES}

    def play(track: str) -> Audio:
        pieces = GROUPS.get(track, (*_CYMBALS, *GROUPS["hihat"]) if track == "overheads" else tuple(PIECES))
        audio = np.zeros((1, samples), np.float32)
        for piece in pieces:
            _place(audio[0], only(line, (piece,)), gains[piece] * sounds[piece], accent)
        return audio

    return play


def machine_percussion(line: Line, samples: int, rng: Random) -> Audio:
    """Return a line of percussion, one drawn sound for each of its notes (1, samples)."""
    audio = np.zeros((1, samples), np.float32)
    for pitch in np.unique(line.pitch):
        _place(audio[0], line.where(line.pitch == pitch), _percussion(rng), 0.5)
    return audio


def _place(audio: Audio, line: Line, sound: Audio, accent: float) -> None:
    """Add a sound at the notes of a line."""
    for start, velocity in zip(line.start, line.velocity, strict=True):
        begin = int(start * RATE)
        heard = sound[: max(len(audio) - begin, 0)]
        audio[begin : begin + len(heard)] += heard * np.float32(1 - accent * (1 - velocity / 127))


def _hit(piece: str, rng: Random) -> Audio:
    """Return one hit of a piece (samples,), peak 1."""
    if piece == "kick":
        hit = _fall(rng.uniform(36, 68), rng.uniform(1, 10), rng.uniform(0.005, 0.06), rng.uniform(0.06, 0.5), rng)
        hit = hit + _noise(1000, 8000, 0.004, rng.uniform(0, 0.5), rng)
    elif piece in GROUPS["toms"]:
        octave = {"tom high": 1.5, "tom mid": 1.2, "tom floor": 0.9}[piece]
        hit = _fall(octave * rng.uniform(70, 140), rng.uniform(0, 2), 0.05, rng.uniform(0.1, 0.5), rng)
        hit = hit + _noise(300, 5000, 0.02, rng.uniform(0, 0.3), rng)
    elif piece == "snare":
        hit = _clap(rng) if rng.random() < 0.3 else _snare(rng)
    elif piece == "side stick":
        hit = _percussion(rng)
    else:
        seconds = {"hihat closed": (0.01, 0.08), "hihat foot": (0.01, 0.05), "hihat open": (0.1, 0.6)}
        low, high = seconds.get(piece, (0.4, 1.5))
        hit = _metal(rng.uniform(low, high), rng)
    drive = np.float32(rng.uniform(0.5, 6))
    return np.asarray(np.tanh(drive * hit / max(float(np.abs(hit).max()), 1e-9)) / np.tanh(drive), np.float32)


def _fall(hz: float, sweep: float, sweep_seconds: float, seconds: float, rng: Random) -> Audio:
    """Return a tone that falls to `hz` from `1 + sweep` times as high."""
    time = _time()
    turns = hz * (time + sweep * sweep_seconds * (1 - np.exp(-time / sweep_seconds)))
    phase = 2 * np.pi * turns + rng.uniform(0, np.pi)
    return np.asarray(np.sin(phase) * np.exp(-time / seconds), np.float32)


def _noise(low_hz: float, high_hz: float, seconds: float, gain: float, rng: Random) -> Audio:
    """Return filtered noise that dies away, root mean square near `gain` at first."""
    time = _time()
    b, a = butter(2, (low_hz, min(high_hz, 0.45 * RATE)), "bandpass", fs=RATE)
    noise = lfilter(b, a, rng.standard_normal(len(time)))
    noise *= gain / max(float(np.sqrt(np.mean(noise**2))), 1e-9)
    return np.asarray(noise * np.exp(-time / seconds), np.float32)


def _snare(rng: Random) -> Audio:
    low, seconds = rng.uniform(200, 3000), rng.uniform(0.03, 0.2)
    noise = _noise(low, rng.uniform(6000, 18000), seconds, rng.uniform(0.2, 1), rng)
    hz = rng.uniform(140, 260)
    tones = _fall(hz, rng.uniform(0, 1), 0.02, rng.uniform(0.02, 0.15), rng)
    tones = tones + 0.5 * _fall(1.6 * hz, rng.uniform(0, 1), 0.02, rng.uniform(0.02, 0.1), rng)
    return np.asarray(noise + tones, np.float32)


def _clap(rng: Random) -> Audio:
    """Return several short bursts and a tail."""
    center = rng.uniform(900, 2500)
    burst = _noise(0.6 * center, 2.2 * center, 0.006, 1, rng)
    clap = _noise(0.6 * center, 2.5 * center, rng.uniform(0.04, 0.2), 0.7, rng)
    for _ in range(3):
        late = int(rng.uniform(0.004, 0.03) * RATE)
        clap[late:] += burst[: len(burst) - late]
    return clap


def _metal(seconds: float, rng: Random) -> Audio:
    """Return noise and six square waves that do not fit together, without lows."""
    time = _time()
    squares = sum(np.sign(np.sin(2 * np.pi * hz * time)) for hz in rng.uniform(300, 1400, 6)) / 6
    share = rng.uniform(0, 1)
    sound = share * squares + (1 - share) * rng.standard_normal(len(time))
    b, a = butter(2, rng.uniform(3000, 9000), "highpass", fs=RATE)
    return np.asarray(lfilter(b, a, sound) * np.exp(-time / seconds), np.float32)


def _percussion(rng: Random) -> Audio:
    """Return a wood block, cowbell, shaker, rim or blip."""
    hz, seconds = float(np.exp(rng.uniform(np.log(200), np.log(3500)))), rng.uniform(0.01, 0.2)
    sound = _fall(hz, rng.uniform(0, 0.5), 0.01, seconds, rng)
    sound = sound + rng.uniform(0, 1) * _fall(hz * rng.uniform(1.2, 2.8), 0, 0.01, seconds, rng)
    sound = rng.uniform(0, 1) * sound
    low = float(np.exp(rng.uniform(np.log(500), np.log(7000))))
    sound = sound + _noise(low, low * rng.uniform(1.5, 4), rng.uniform(0.01, 0.15), rng.uniform(0, 1), rng)
    return np.asarray(sound / max(float(np.abs(sound).max()), 1e-9), np.float32)


def _time() -> Audio:
    """Return the time of each sample of a hit."""
    return np.arange(int(_LONGEST_SECONDS * RATE), dtype=np.float32) / np.float32(RATE)
