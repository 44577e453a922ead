"""How loud an equalizer makes a track, from its spectrum in octaves."""

import math

import torch
from torch import Tensor

POINTS_PER_OCTAVE = 2
FREQS_HZ = tuple(
    1000.0 * 2.0 ** (octave + (point + 0.5) / POINTS_PER_OCTAVE - 0.5)
    for octave in range(-5, 5)
    for point in range(POINTS_PER_OCTAVE)
)
"""Where responses are read: as many points in each octave band from 31.5 Hz to 16 kHz."""


def k_weighting_db(freqs_hz: Tensor) -> Tensor:
    """Return the response of K-weighting (*), dB, as two analogue filters.

    BS.1770 gives its filters at 48 kHz; a high-pass at 38 Hz with Q 0.5 and a shelf of 4 dB at 1682 Hz are within
    0.3 dB of them below 10 kHz.
    """
    high_pass = -20 * torch.log10(1 + (38.135 / freqs_hz) ** 2)
    return high_pass + 10 * torch.log10(
        shelf_power(freqs_hz / 1681.97, torch.tensor(10 ** (4 / 40)), torch.tensor(0.7072), 1)
    )


def shelf_power(ratio: Tensor, root_gain: Tensor, q: Tensor, side: int) -> Tensor:
    """Return |H|² (*) of a shelf: low (`side` 0) or high (1).

    R. Bristow-Johnson, Audio EQ Cookbook, analogue prototypes, at s = j `ratio`.

    Args:
        ratio: Frequency over the corner frequency.
        root_gain: A = 10^(dB/40).
        q: Quality factor.
        side: 0 low, 1 high.
    """
    square = ratio.square()
    width = root_gain * square / q.square()
    plain, scaled = (root_gain - square).square() + width, (1 - root_gain * square).square() + width
    return root_gain.square() * (scaled / plain if side else plain / scaled)


def bell_power(ratio: Tensor, root_gain: Tensor, q: Tensor) -> Tensor:
    """Return |H|² (*) of a bell; arguments as in `shelf_power`."""
    square = ratio.square()
    centre = (1 - square).square()
    width = square / q.square()
    return (centre + width * root_gain.square()) / (centre + width / root_gain.square())


def high_pass_power(ratio: Tensor) -> Tensor:
    """Return |H|² (*) of a high-pass of second order without a peak (Butterworth)."""
    fourth = ratio.square().square()
    return fourth / (1 + fourth)


def eq_power(freq_hz: Tensor, gain_db: Tensor, q: Tensor, is_on: Tensor) -> Tensor:
    """Return |H|² of an equalizer at `FREQS_HZ`: (*, len(FREQS_HZ)).

    Args:
        freq_hz: Of low shelf, bells and high shelf (*, bands).
        gain_db: The same (*, bands).
        q: The same (*, bands).
        is_on: Boolean (*, bands).
    """
    freqs = torch.tensor(FREQS_HZ, device=freq_hz.device)
    ratio = freqs / freq_hz[..., None]
    root_gain = torch.exp(torch.where(is_on, gain_db, 0.0) * (math.log(10) / 40))[..., None]
    q = q[..., None]
    low = shelf_power(ratio[..., 0, :], root_gain[..., 0, :], q[..., 0, :], 0)
    high = shelf_power(ratio[..., -1, :], root_gain[..., -1, :], q[..., -1, :], 1)
    bells = bell_power(ratio[..., 1:-1, :], root_gain[..., 1:-1, :], q[..., 1:-1, :])
    return low * bells.prod(-2) * high


def loudness_change_db(octaves_db: Tensor, power: Tensor) -> Tensor:
    """Return how much louder a track gets, in LU.

    Args:
        octaves_db: Power in the octave bands (*, 10), dB.
        power: |H|² at `FREQS_HZ` (*, len(FREQS_HZ)).
    """
    freqs = torch.tensor(FREQS_HZ, device=power.device)
    weights = torch.pow(10, k_weighting_db(freqs) / 10)
    heard = torch.pow(10, octaves_db / 10).repeat_interleave(POINTS_PER_OCTAVE, dim=-1) * weights
    return 10 * torch.log10((heard * power).sum(-1) / heard.sum(-1))
