"""What the session-wide choices of a mix settle outright, whatever is left of the noise."""

import torch
from torch import Tensor

from gen_mix.console.layout import BUS_TOKENS, LAYOUT, TRACK
from gen_mix.model.space import ModelSpace, Space
from samplers import Denoise

LEFT_CENTRE_RIGHT = "mode.lcr"
_LATE_SIGMA = 0.1
_LEFT_OVER = 0.05


def deciding(denoise: Denoise, space: Space) -> Denoise:
    """Return the denoiser whose last answers keep to what the intent of x has decided; see `decided`."""
    if not isinstance(space, ModelSpace):
        return denoise

    def answer(x: Tensor, sigma: Tensor) -> Tensor:
        clean = denoise(x, sigma)
        return decided(clean, space) if bool((sigma < _LATE_SIGMA).all()) else clean

    return answer


def decided(x: Tensor, space: ModelSpace) -> Tensor:
    """Return x (batch, 1 + tokens, width) with tracks next to left, centre or right where the intent says so.

    A denoiser that doubts between two places answers with one between them. Who mixes left, centre and right does
    not: each pan goes to the nearest of the three, and a twentieth of what it was away stays.
    """
    if LEFT_CENTRE_RIGHT not in space.intent:
        return x
    values = space.values(x)
    place = LAYOUT.index(TRACK, "pan")
    pan = 2 * values[:, 1 + len(BUS_TOKENS) :, place] - 1
    nearest = pan.round().clamp(-1, 1)
    near = (nearest + _LEFT_OVER * (pan - nearest)).clamp(-1, 1)
    values[:, 1 + len(BUS_TOKENS) :, place] = 0.5 + 0.5 * near
    is_decided = torch.zeros_like(x, dtype=torch.bool)
    is_decided[:, 1 + len(BUS_TOKENS) :, place] = values[:, :1, space.intent.index(LEFT_CENTRE_RIGHT)] > 0
    return torch.where(is_decided, space.scaled(values), x)
