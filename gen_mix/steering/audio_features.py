"""The audio features of Diff-MST and their distance, with gradients: level, crest, width, balance and Bark spectra."""

import math

import torch
from torch import Tensor

from gen_mix.steering.bark import bark_edges_hz
from gen_mix.steering.gauges import loudness_of

_SIZE, _HOP = 32768, 8192
_GATE_DB = -40.0
_LOUDNESS_LUFS = -16.0
_BARKS = 24
_LEVEL, _CREST, _WIDTH, _BALANCE, _SPECTRA = slice(0, 2), slice(2, 4), 4, 5, slice(6, 6 + 2 * _BARKS)

FEATURES = _SPECTRA.stop
"""How many numbers `audio_features` gives."""


def audio_features(audio: Tensor, sample_rate: int) -> Tensor:
    """Return what the AF distance compares of stereo sound (batch, 2, samples), at equal loudness (batch, `FEATURES`).

    RMS left and right, crest factor left and right in dB, power of the sides over that of the middle, balance of left
    and right, and mean magnitudes of middle and sides in 24 Bark bands as natural logarithms.
    """
    gain_db = _LOUDNESS_LUFS - loudness_of(audio, sample_rate)
    exact = audio.double() * 10 ** (gain_db.double() / 20)[:, None, None]
    power = exact.square().mean(-1)
    level = power.clamp_min(1e-8).sqrt()
    left, right = power.unbind(-1)
    pair = torch.stack([exact.sum(1), exact[:, 0] - exact[:, 1]], dim=1)
    middle, side = pair.square().mean(-1).unbind(-1)
    crest_db = 20 * (exact.abs().amax(-1) / level).clamp_min(1e-8).log10()
    single = torch.stack([side / middle.clamp_min(1e-8), (right - left) / (right + left).clamp_min(1e-8)], dim=-1)
    return torch.cat([level, crest_db, single, _spectra(pair, sample_rate).flatten(1)], dim=-1)


def features_distance(mixes: Tensor, reference: Tensor) -> Tensor:
    """Return the AF distance of mixes (batch, `FEATURES`) to a reference (`FEATURES`,): (batch,).

    The weighted mean squared differences of Diff-MST, https://arxiv.org/abs/2407.08889: level 0.1, crest factor 0.001,
    width and balance 1, Bark spectra of middle and sides 0.1; with Traunmüller's Bark scale, and with the spectra
    held at `_GATE_DB` below the loudest band of the reference, for what nobody hears is not told apart.
    """
    apart = (mixes - reference).square()
    floor = reference[_SPECTRA].max() + _GATE_DB / 20 * math.log(10)
    spectra = mixes[..., _SPECTRA].clamp_min(floor) - reference[_SPECTRA].clamp_min(floor)
    return (
        0.1 * apart[..., _LEVEL].mean(-1)
        + 0.001 * apart[..., _CREST].mean(-1)
        + apart[..., _WIDTH]
        + apart[..., _BALANCE]
        + 0.1 * spectra.square().mean(-1)
    )


def audio_features_distance(mix: Tensor, reference: Tensor, sample_rate: int) -> float:
    """Return the AF distance of two stereo signals (2, samples) at one rate, at equal loudness."""
    features = [audio_features(audio[None], sample_rate)[0] for audio in (mix, reference)]
    return float(features_distance(features[0], features[1]))


def _spectra(pair: Tensor, sample_rate: int) -> Tensor:
    """Return ln of mean magnitudes of middle and sides (batch, 2, samples) per Bark band (batch, 2, barks)."""
    padded = torch.nn.functional.pad(pair, (0, max(0, _SIZE - pair.shape[-1]))).flatten(0, 1)
    window = torch.hann_window(_SIZE, dtype=torch.float64)
    power = torch.view_as_real(torch.stft(padded, _SIZE, _HOP, window=window, center=False, return_complex=True))
    magnitude = (power.square().sum(-1) + 1e-20).sqrt().mean(-1)  # the root has no slope at silence
    edges = bark_edges_hz(_BARKS)
    hz = torch.linspace(0, sample_rate / 2, _SIZE // 2 + 1, dtype=torch.float64)
    low, centre, high = (edges[place : place + _BARKS, None] for place in range(3))
    filters = torch.minimum((hz - low) / (centre - low), (high - hz) / (high - centre)).clamp_min(0)
    return (magnitude @ filters.T + 1e-8).log().unflatten(0, (-1, 2))
