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
    if isinstance(low, Tensor) or isinstance(high, Tensor):
        low, high = torch.as_tensor(low).log(), torch.as_tensor(high).log()
    else:
        low, high = math.log(low), math.log(high)
    return torch.exp(fold(torch.log(value), low, high))


def is_used(probability: Tensor, shift: Tensor, shift_sd: float, uniform: Tensor) -> Tensor:
    """Return where `uniform` (*) falls below a probability whose log odds are shifted by `shift`.

    Shifts of standard deviation `shift_sd` draw probabilities towards one half. The log odds are widened beforehand
    (MacKay 1992, The evidence framework applied to classification networks, eq. (10)), so that the mean stays
    `probability` (*).
    """
    odds = torch.logit(probability, eps=1e-3) * math.sqrt(1 + math.pi * shift_sd**2 / 8)
    return uniform < torch.sigmoid(odds + shift)


def spearman_to_pearson(rank_correlation: float) -> float:
    """Return the correlation of two Gaussians whose ranks correlate by `rank_correlation`."""
    return 2 * math.sin(math.pi * rank_correlation / 6)
