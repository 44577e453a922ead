"""Changes that leave an instrument what it is: other microphones, rooms, treatments and faults of recording."""

import math

import torch
from torch import Tensor
from torch.nn import functional

LONGEST_SECONDS = 8.0
"""A changed copy is an excerpt of at most this length, where the track plays."""


def augment(audio: Tensor, sample_rate: int, generator: torch.Generator) -> Tensor:
    """Return an excerpt of a track as another engineer might have recorded it.

    Tilt and resonances, band limits, a room, mild compression or saturation, hum, noise and a change between mono
    and stereo, each with a chance of its own; another level. It is cheap: all that is linear is one filter.

    Args:
        audio: (1 or 2, samples); not changed.
        sample_rate: In Hz.
        generator: Of all choices.

    Returns:
        (1 or 2, samples), finite; silence stays silent but for its noise.
    """
    peak = float(audio.abs().max())
    if peak == 0:
        return audio.clone()
    draw = torch.rand(16, generator=generator).tolist()
    audio = _excerpt(audio / peak, sample_rate, draw[0])
    if audio.shape[0] == 2 and draw[1] < 0.3:
        audio = audio.mean(0, keepdim=True) if draw[2] < 0.5 else audio[:1]
    elif audio.shape[0] == 1 and draw[1] < 0.1:
        audio = audio.repeat(2, 1)
    if draw[3] < 0.3:
        audio = compress(audio, sample_rate, ratio=1.5 + 4 * draw[4], threshold_db=-10 - 20 * draw[5])
    if draw[6] < 0.15:
        drive = 2 + 6 * draw[7]
        audio = torch.tanh(drive * audio) / drive
    audio = _filter(audio, sample_rate, generator)
    level = audio.square().mean().sqrt()
    if draw[8] < 0.5:
        audio = audio + level * 10 ** (-(30 + 40 * draw[9]) / 20) * torch.randn(audio.shape, generator=generator)
    if draw[10] < 0.15:
        audio = audio + level * 10 ** (-(30 + 30 * draw[11]) / 20) * _hum(
            audio, sample_rate, 50 if draw[12] < 0.5 else 60
        )
    loudest = float(audio.abs().max())
    return audio * (10 ** (-(1 + 30 * draw[13] ** 2) / 20) / max(loudest, 1e-9))


def compress(audio: Tensor, sample_rate: int, ratio: float, threshold_db: float) -> Tensor:
    """Return audio whose peaks of 10 ms above a threshold are brought nearer to it, with a gain that runs smoothly.

    Args:
        audio: (channels, samples), peak near 1.
        sample_rate: In Hz.
        ratio: At least 1.
        threshold_db: In dBFS.
    """
    block = max(1, sample_rate // 100)
    peaks = functional.max_pool1d(audio.abs().amax(0)[None, None], 2 * block, stride=block, padding=block)
    over_db = (20 * torch.log10(peaks.clamp_min(1e-6)) - threshold_db).clamp_min(0)
    smooth_db = functional.avg_pool1d(over_db, 5, stride=1, padding=2, count_include_pad=False)
    gain_db = functional.interpolate(smooth_db, size=audio.shape[1], mode="linear") * (1 / ratio - 1)
    return audio * 10 ** (gain_db[0] / 20)


def _excerpt(audio: Tensor, sample_rate: int, place: float) -> Tensor:
    """Return an excerpt that begins shortly before a loud place; the whole if it is short."""
    length = round(LONGEST_SECONDS * sample_rate)
    if audio.shape[1] <= length:
        return audio
    hop = sample_rate // 10
    power = audio[:, : audio.shape[1] // hop * hop].unflatten(1, (-1, hop)).square().mean(dim=(0, 2))
    energy = power.sqrt().cumsum(0)
    middle = int(torch.searchsorted(energy, energy[-1] * place)) * hop
    start = min(max(0, middle - length // 3), audio.shape[1] - length)
    return audio[:, start : start + length]


def _filter(audio: Tensor, sample_rate: int, generator: torch.Generator) -> Tensor:
    """Return audio through a random response: tilt, resonances, band limits and a room, as one multiplication."""
    samples = audio.shape[1]
    tail = int(0.5 * sample_rate)
    length = 2 ** math.ceil(math.log2(samples + tail))
    octave = torch.log2(torch.fft.rfftfreq(length, 1 / sample_rate).clamp_min(20.0) / 1000)
    response = 10 ** (_response_db(octave, generator) / 20)
    spectrum = torch.fft.rfft(audio, n=length)
    if torch.rand((), generator=generator) < 0.35:
        room = _room(audio.shape[0], tail, sample_rate, generator)
        response = response * (1 + torch.fft.rfft(room, n=length))
    return torch.fft.irfft(spectrum * response, n=length)[:, :samples]


def _response_db(octave: Tensor, generator: torch.Generator) -> Tensor:
    """Return a random smooth response in dB at places in octaves from 1 kHz."""
    tilt, *rest = torch.randn(7, generator=generator).tolist()
    places = (torch.rand(3, generator=generator) * 8 - 4).tolist()
    response_db = tilt * octave
    for gain, width, place in zip(rest[:3], rest[3:], places, strict=True):
        response_db = response_db + 3 * gain * torch.exp(-0.5 * ((octave - place) / (0.5 + 0.3 * abs(width))) ** 2)
    low, high = torch.rand(2, generator=generator).tolist()
    if low < 0.25:
        response_db = response_db - 3 * functional.softplus(4 * (-5 + 12 * low - octave))
    if high < 0.25:
        response_db = response_db - 3 * functional.softplus(4 * (octave - 1 - 10 * high))
    return response_db.clamp(-60, 24)


def _room(channels: int, samples: int, sample_rate: int, generator: torch.Generator) -> Tensor:
    """Return decaying noise, softer in the treble, 6 to 26 dB below the direct sound (channels, samples)."""
    wet, decay, delay = torch.rand(3, generator=generator).tolist()
    seconds = torch.arange(samples) / sample_rate
    envelope = torch.exp(-6.9 * seconds / (0.1 + 0.6 * decay)) * (seconds > 0.002 + 0.02 * delay)
    noise = torch.randn(channels, samples, generator=generator)
    smooth = functional.avg_pool1d(noise[None], 5, stride=1, padding=2)[0] * envelope
    return smooth * 10 ** (-(6 + 20 * wet) / 20) / smooth.square().sum(-1, keepdim=True).sqrt().clamp_min(1e-9)


def _hum(audio: Tensor, sample_rate: int, mains_hz: int) -> Tensor:
    """Return mains hum with its first harmonics, root mean square near 1 (samples,)."""
    phase = 2 * math.pi * mains_hz * torch.arange(audio.shape[1]) / sample_rate
    return torch.sin(phase) + 0.5 * torch.sin(2 * phase) + 0.4 * torch.sin(3 * phase)
