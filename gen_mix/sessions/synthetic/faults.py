"""What recording does to a sound: amplifier, microphone, room, bleed, noise, hum, clipping, level."""

from dataclasses import dataclass, replace

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from gen_mix.sessions.synthetic.lines import Random
from gen_mix.sessions.synthetic.samples import SampleLibrary
from gen_mix.sessions.synthetic.soundfont import RATE, Audio

_ROOM_SECONDS = 0.4
_TONE_POINTS = 4096


@dataclass(frozen=True)
class Take:
    """One recording on its way to a track.

    Attributes:
        instrument: A class.
        audio: (1 or 2, samples).
        is_miked: Recorded by a microphone: it hears the room and other players.
        cabinet: Impulse response of a loudspeaker (samples,) that it goes through, or None.
        take: 0, or 0 and 1 for the two of a double, or None for a single.
    """

    instrument: str
    audio: Audio
    is_miked: bool = False
    cabinet: Audio | None = None
    take: int | None = None

    @property
    def is_silent(self) -> bool:
        """True if nothing sounds for long enough to be heard."""
        return int((np.abs(self.audio).max(0) > 1e-4).sum()) < RATE // 20


class Rooms:
    """Rooms to stand in and loudspeakers to play through.

    Args:
        library: Where the impulse responses are.
    """

    def __init__(self, library: SampleLibrary) -> None:
        self._library = library
        entries = library.index("impulse_responses")["impulse_responses"]
        self._rooms = [e["file"] for e in entries if e["kind"] == "room"]
        self._cabinets = [e["file"] for e in entries if e["kind"] == "cabinet"]

    def draw_room(self, rng: Random) -> Audio:
        """Return the response of a room without its direct sound (2, samples), of unit energy, 0.4 s at most."""
        response = self._read(self._rooms[int(rng.integers(len(self._rooms)))])[:, : int(_ROOM_SECONDS * RATE)]
        response[:, : int(0.002 * RATE)] = 0
        response *= np.linspace(1, 0, response.shape[1], dtype=np.float32)
        return np.asarray(response / np.sqrt((response**2).sum(1).mean()), np.float32)

    def draw_cabinet(self, rng: Random) -> Audio:
        """Return the response of a loudspeaker (samples,)."""
        return self._read(self._cabinets[int(rng.integers(len(self._cabinets)))])[0]

    def _read(self, file: str) -> Audio:
        return self._library.read_float(f"impulse_responses/{file}")


def amplified(audio: Audio, drive_db: float) -> Audio:
    """Return audio through a soft clipper that is as loud as its input.

    Args:
        audio: (channels, samples).
        drive_db: Gain above the audio's own peak.
    """
    peak = max(float(np.abs(audio).max()), 1e-9)
    gain = np.float32(10 ** (drive_db / 20) / peak)
    bias = np.float32(0.15)  # an uneven clipper has even harmonics too
    return np.asarray((np.tanh(gain * audio + bias) - np.tanh(bias)) * np.float32(peak), np.float32)


def coloured(takes: list[Take], room: Audio, rng: Random) -> list[Take]:
    """Return takes with the tone of their cabinets, microphones and places in a room: one filter each in the end.

    Args:
        takes: Dry, of one length.
        room: (2, samples), as of `Rooms.draw_room`.
        rng: Draws tones and distances.
    """
    samples = max(take.audio.shape[1] for take in takes)
    size = scipy.fft.next_fast_len(samples + int(_ROOM_SECONDS * RATE), real=True)
    room_spectrum = scipy.fft.rfft(room, size)
    return [_coloured(take, room_spectrum, size, rng) for take in takes]


def _coloured(take: Take, room_spectrum: NDArray[np.complex64], size: int, rng: Random) -> Take:
    points = np.linspace(0, size // 2, _TONE_POINTS)
    tone = _tone((points * RATE / size).astype(np.float32), take.is_miked, rng)
    response = np.interp(np.arange(size // 2 + 1), points, tone).astype(np.float32)
    if take.cabinet is not None:
        cabinet = scipy.fft.rfft(take.cabinet, size)
        response = response * cabinet / np.abs(cabinet).max()
    if take.is_miked and rng.random() < 0.8:
        distance = np.float32(10 ** (rng.uniform(-32, -10) / 20))
        response = response * (1 + distance * room_spectrum[: take.audio.shape[0]])
    spectrum = scipy.fft.rfft(take.audio.astype(np.float32), size) * response.astype(np.complex64)
    heard = scipy.fft.irfft(spectrum, size)[:, : take.audio.shape[1]]
    return replace(take, audio=np.ascontiguousarray(heard, np.float32))


def _tone(freqs: NDArray[np.float32], is_miked: bool, rng: Random) -> NDArray[np.float32]:
    """Return the magnitude of a drawn tone (freqs,): a tilt, three broad bells, ends of the spectrum."""
    octaves = np.log2(np.maximum(freqs, 10) / 1000)
    spread = 1.0 if is_miked else 0.6
    level_db = np.float32(rng.normal(0, 0.9 * spread)) * np.clip(octaves, -4, 4)
    for _ in range(3):
        center, gain, width = rng.uniform(-3.5, 3.5), rng.normal(0, 3 * spread), rng.uniform(0.3, 1.2)
        level_db += np.float32(gain) * np.exp(-(((octaves - np.float32(center)) / np.float32(width)) ** 2))
    if rng.random() < 0.25:
        level_db -= 6 * np.maximum(octaves - np.float32(np.log2(rng.uniform(5, 14))), 0) * 2
    if is_miked:
        level_db -= 12 * np.maximum(np.float32(np.log2(rng.uniform(0.03, 0.08))) - octaves, 0)
    return np.asarray(10 ** (level_db / 20), np.float32)


def with_bleed(takes: list[Take], rng: Random) -> list[Take]:
    """Return the takes of players in one room: microphones hear the others, late and dull."""
    loud = [_unit(take.audio.mean(0)) for take in takes]
    everybody = np.sum(loud, axis=0)
    heard = []
    for take, own in zip(takes, loud, strict=True):
        if not take.is_miked:
            heard.append(take)
            continue
        late = int(rng.uniform(0.003, 0.015) * RATE)
        others = np.pad(everybody - own, (late, 0))[: len(own)]
        dull = np.convolve(others, np.hanning(int(rng.uniform(6, 40))).astype(np.float32), "same")
        gain = 10 ** (rng.uniform(-42, -22) / 20) * np.sqrt(np.mean(take.audio**2))
        heard.append(replace(take, audio=take.audio + np.float32(gain) * _unit(dull)))
    return heard


def with_noise(take: Take, rng: Random) -> Take:
    """Return a take with the hiss of its microphone or amplifier and sometimes hum of the mains."""
    rms = float(np.sqrt(np.mean(take.audio**2)))
    channels, samples = take.audio.shape
    hiss_db = rng.uniform(-72, -46) + (6 if take.cabinet is not None else 0)
    hiss = rng.standard_normal((1, samples), np.float32)
    hiss = np.concatenate([hiss, np.roll(hiss, samples // 2)])[:channels]
    if rng.random() < 0.5:
        hiss[:, 1:] = np.float32(0.9) * hiss[:, 1:] + np.float32(0.7) * hiss[:, :-1]
    audio = take.audio + np.float32(10 ** (hiss_db / 20) * rms) * hiss
    if rng.random() < 0.15:
        hum_hz = float(rng.choice([50.0, 60.0]))
        turns = np.arange(samples, dtype=np.float32) * np.float32(2 * np.pi * hum_hz / RATE)
        hum = sum(np.float32(rng.uniform(0.1, 1) / n) * np.sin(n * turns + np.float32(n)) for n in (1, 2, 3, 5))
        audio = audio + np.float32(10 ** (rng.uniform(-60, -38) / 20) * rms) * np.asarray(hum, np.float32)
    return replace(take, audio=audio)


def clipped(take: Take, rng: Random) -> Take:
    """Return a take that was recorded too hot, cut 1 to 7 dB below its peak."""
    peak = float(np.abs(take.audio).max())
    ceiling = peak * 10 ** (rng.uniform(-7, -1) / 20)
    return replace(take, audio=np.clip(take.audio, -ceiling, ceiling))


def _unit(audio: Audio) -> Audio:
    return audio / max(float(np.sqrt(np.mean(audio**2))), 1e-9)
