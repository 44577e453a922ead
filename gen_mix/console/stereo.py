"""Where a track stands between the loudspeakers.

`dasp_pytorch.functional.stereo_panner` follows a law of -4.5 dB and has no finite gradient at hard left and right;
sine and cosine of the same angle keep the power constant and are smooth everywhere.
"""

import math

import torch
from torch import Tensor


def pan_gains(pan: Tensor) -> Tensor:
    """Return the gains left and right (*, 2) for `pan` (*), -1 left to 1 right; their squares add up to 1."""
    angle = (pan + 1) * (math.pi / 4)
    return torch.stack([torch.cos(angle), torch.sin(angle)], dim=-1)


def pan_mono(audio: Tensor, pan: Tensor) -> Tensor:
    """Place a mono signal between two loudspeakers, at constant power: -3 dB on each in the centre.

    Args:
        audio: (*, 1, samples).
        pan: (*), -1 left to 1 right.

    Returns:
        (*, 2, samples).
    """
    return audio * pan_gains(pan)[..., None].to(audio.dtype)


def balance_stereo(audio: Tensor, pan: Tensor) -> Tensor:
    """Shift the weight of a stereo signal: unchanged in the centre, one channel alone, 3 dB up, at the ends.

    The power stays constant if both channels have the same.

    Args:
        audio: (*, 2, samples).
        pan: (*), -1 left to 1 right.

    Returns:
        (*, 2, samples).
    """
    return audio * (math.sqrt(2) * pan_gains(pan))[..., None].to(audio.dtype)


def widen(audio: Tensor, width: Tensor) -> Tensor:
    """Scale the difference of two channels; their sum stays, so a mono loudspeaker hears no change.

    Args:
        audio: (*, 2, samples).
        width: (*), 0 makes it mono, 1 leaves it, 2 doubles the difference.

    Returns:
        (*, 2, samples).
    """
    left, right = audio[..., :1, :], audio[..., 1:, :]
    width = width[..., None, None].to(audio.dtype)
    mid, side = (left + right) / 2, (left - right) / 2
    return torch.cat([mid + width * side, mid - width * side], dim=-2)


def placing_gains(pan: Tensor, width: Tensor, channels: int) -> Tensor:
    """Return the gains from the channels of a track to the loudspeakers: (*, 2, channels).

    Those of `pan_mono` for one channel; those of `widen` and then `balance_stereo` for two.

    Args:
        pan: (*), -1 left to 1 right.
        width: (*), 0 to 2; not read for one channel.
        channels: 1 or 2.
    """
    if channels == 1:
        return pan_gains(pan)[..., None]
    same, other = (1 + width) / 2, (1 - width) / 2
    widened = torch.stack([torch.stack([same, other], dim=-1), torch.stack([other, same], dim=-1)], dim=-2)
    return math.sqrt(2) * pan_gains(pan)[..., None] * widened
