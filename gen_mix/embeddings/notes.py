"""How the notes of a track begin, end and sound: averages around onsets, and a pitch for every frame."""

import math
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional

from gen_mix.embeddings.mel import WIDE_BANDS

_AROUND_FRAMES = (-8, -4, -2, -1, 1, 2, 4, 8, 16, 32)
_MOST_ONSETS = 200
NOTE_FEATURES = len(_AROUND_FRAMES) * (len(WIDE_BANDS) + 1) + len(WIDE_BANDS) + 8
"""Number of values of `note_features`."""

_LOWEST_HZ = 45.0
_HIGHEST_HZ = 1440.0
_PITCH_BINS = 10
PITCH_FEATURES = _PITCH_BINS + 10
"""Number of values of `pitch_features`."""


def note_features(bands: Tensor, hop_seconds: float) -> Tensor:
    """Return how the level runs around onsets, how often they come and how alike they are.

    Args:
        bands: Power in wide bands (excerpts, frames, bands).
        hop_seconds: Time between frames.

    Returns:
        (NOTE_FEATURES,): mean level before and after an onset relative to it, in dB, of the whole and of each band;
        mean share of each band at onsets; onset rate, strength, and how regular they are.
    """
    level = torch.cat([bands.sum(-1, keepdim=True), bands], dim=-1)
    typical = level[..., 0].square().sum() / level[..., 0].sum()
    level_db = 10 * torch.log10((level / typical).clamp_min(1e-5))
    novelty = level_db.diff(dim=1, prepend=level_db[:, :1]).clamp_min(0)[..., 1:].mean(-1)
    novelty = torch.where(level_db[..., 0] > -25, novelty, 0)
    highest = functional.max_pool1d(novelty[:, None], 9, stride=1, padding=4)[:, 0]
    is_onset = (novelty == highest) & (novelty > 1.5)
    excerpt, frame = is_onset.nonzero(as_tuple=True)
    strongest = novelty[excerpt, frame].argsort(descending=True, stable=True)[:_MOST_ONSETS]
    seconds = level.shape[0] * level.shape[1] * hop_seconds
    rate = torch.log2(0.1 + is_onset.sum() / seconds)
    movement = torch.stack([rate, *_novelty_shape(novelty, hop_seconds)])
    if len(strongest) == 0:
        return torch.cat([movement.new_zeros(NOTE_FEATURES - len(movement)), movement])
    excerpt, frame = excerpt[strongest], frame[strongest]
    places = frame[:, None] + torch.tensor((2, *_AROUND_FRAMES))
    around = level_db[excerpt[:, None], places.clamp(0, level.shape[1] - 1)]
    relative = (around[:, 1:] - around[:, :1]).mean(0)
    at_onset = (around[:, 0, 1:] - around[:, 0, :1]).mean(0)
    return torch.cat([relative.flatten(), at_onset, movement])


def _novelty_shape(novelty: Tensor, hop_seconds: float) -> list[Tensor]:
    """Return mean, tail and self-similarity of the novelty (excerpts, frames): 7 values."""
    mean = novelty.mean()
    centred = functional.pad(novelty - mean, (0, novelty.shape[1]))
    correlation = torch.fft.irfft(torch.fft.rfft(centred).abs().square()).mean(0)
    correlation = correlation / (correlation[0] + 0.01 * novelty.shape[1])  # a steady sound has none
    edges = [round(seconds / hop_seconds) for seconds in (0.08, 0.16, 0.32, 0.64, 1.28)]
    inside = [span for span in pairwise(edges) if span[1] <= len(correlation)]
    peaks = [correlation[low:high].max() for low, high in inside]
    peaks += [mean.new_zeros(())] * (4 - len(peaks))
    tail = novelty.square().mean().sqrt() / mean.clamp_min(0.05)
    return [mean, tail.clamp(max=20), novelty.max(), *peaks]


def pitch_features(power: Tensor, sample_rate: int) -> Tensor:
    """Return how much of a track is a tone, which pitches it has and how they move.

    The pitch of a frame is the lag at which its autocorrelation, over that of the window (Boersma 1993,
    "Accurate short-term analysis of the fundamental frequency"), is highest between 45 and 1440 Hz.

    Args:
        power: Of each bin of frames under a Hann window (excerpts, frames, bins).
        sample_rate: In Hz.

    Returns:
        (PITCH_FEATURES,): histogram of pitch in half octaves of the frames with one; points of the strength of pitch;
        its share; how pitch moves between frames.
    """
    level = power.sum(-1)
    is_active = level >= level.square().sum() / level.sum() * 10**-2.0
    length = 2 * (power.shape[-1] - 1)
    step = 2
    correlation = torch.fft.irfft(power[:, ::step])
    window = torch.fft.irfft(torch.fft.rfft(functional.pad(torch.hann_window(length), (0, length))).abs().square())
    lags = torch.arange(math.floor(sample_rate / _HIGHEST_HZ), min(math.ceil(sample_rate / _LOWEST_HZ), length // 2))
    normalized = (
        correlation[..., lags] / correlation[..., :1].clamp_min(1e-20) * (window[0] / window[lags]).clamp(max=4)
    )
    strength, place = (normalized - 0.02 * torch.log2(lags / lags[0])).max(-1)
    semitone = 12 * torch.log2(sample_rate / lags[place] / _LOWEST_HZ)
    is_active = is_active[:, ::step]
    is_tone = is_active & (strength > 0.5)
    points = torch.quantile(strength[is_active], torch.tensor([0.1, 0.5, 0.9]))
    share = is_tone.sum() / is_active.sum()
    both = is_tone[:, 1:] & is_tone[:, :-1]
    movement = semitone.diff(dim=1).abs()[both]
    pitch = semitone[is_tone] if is_tone.any() else semitone.new_tensor([24.0])
    movement = movement if len(movement) else pitch.new_tensor([12.0])
    histogram = torch.histc(pitch, _PITCH_BINS, 0, 60) / len(pitch)
    moves = torch.stack([(movement < 0.3).float().mean(), ((movement >= 0.3) & (movement < 1.5)).float().mean()])
    spread = torch.stack([pitch.mean() / 12, pitch.std(correction=0) / 12, movement.clamp(max=12).mean()])
    smooth = both.sum() / (is_active[:, 1:] & is_active[:, :-1]).sum().clamp_min(1)
    return torch.cat([histogram, points, share[None], moves, spread, smooth[None]])
