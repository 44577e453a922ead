"""The scale of critical bands."""

import numpy as np
import torch
from torch import Tensor


def bark_edges_hz(count: int) -> Tensor:
    """Return `count` + 2 frequencies, evenly spaced in Bark from 20 Hz to 20 kHz; Traunmüller (1990), eq. (6)."""
    first, last = (_bark(hz) for hz in (20.0, 20000.0))
    return torch.tensor([_hertz(bark) for bark in np.linspace(first, last, count + 2)], dtype=torch.float64)


def _bark(hz: float) -> float:
    bark = 26.81 * hz / (1960 + hz) - 0.53
    if bark < 2:
        return bark + 0.15 * (2 - bark)
    return bark + 0.22 * (bark - 20.1) if bark > 20.1 else bark


def _hertz(bark: float) -> float:
    if bark < 2:
        bark = (bark - 0.3) / 0.85
    elif bark > 20.1:
        bark = (bark + 4.422) / 1.22
    return 1960 * (bark + 0.53) / (26.28 - bark)
