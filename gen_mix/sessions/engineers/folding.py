"""Keep a drawn value on its knob without piling up at the ends."""

import math

import torch
from torch import Tensor


def fold(value: Tensor, low: Tensor | float, high: Tensor | float) -> Tensor:
    """Return `value` (*) reflected at `low` and `high` as often as needed.

    Clipping would leave a peak of equal values at each end, which no continuous model can learn.
    """
    span = high - low
    place = torch.remainder((value - low) / span, 2)
    return low + span * (1 - (1 - place).abs())


def fold_log(value: Tensor, low: Tensor | float, high: Tensor | float) -> Tensor:
    """Return `value` (*) > 0 reflected at `low` and `high` on a scale of equal ratios."""
    low = torch.as_tensor(low, device=value.device)
    high = torch.as_tensor(high, device=value.device)
    return torch.exp(fold(torch.log(value), torch.log(low), torch.log(high)))


def logit(probability: Tensor) -> Tensor:
    """Return the log odds of `probability` (*), kept away from 0 and 1."""
    return torch.logit(probability, eps=1e-3)


def spearman_to_pearson(rank_correlation: float) -> float:
    """Return the correlation of two Gaussians whose ranks correlate by `rank_correlation`."""
    return 2 * math.sin(math.pi * rank_correlation / 6)
