"""Noise that belongs to its seed: a sample is the same alone and in a batch, on every device."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor


class NoiseSource(Protocol):
    """Where a sampler takes standard normal noise from."""

    def __call__(self, like: Tensor, place: int) -> Tensor:
        """Return noise with the shape, type and device of `like` (batch, *).

        The numbers depend on the source and on `place` alone: 0 is the start, step i draws at i + 1.
        """


@dataclass(frozen=True)
class SeededNoise:
    """Noise in which each item of the batch has a seed of its own.

    Drawn on the CPU, so that every device gets the same numbers, and item by item at the item's own
    length, since the first rows of a larger draw are other numbers. Nothing is remembered between calls.

    Attributes:
        seeds: One per item, at least 0.
        lengths: Length of each item on the first axis after the batch, for batches padded there; by
            default all are full. Padding gets 0.

    Raises:
        ValueError: A seed is negative, or there are not as many lengths as seeds.
    """

    seeds: Sequence[int]
    lengths: Sequence[int] | None = None

    def __post_init__(self) -> None:
        if any(seed < 0 for seed in self.seeds):
            raise ValueError(f"expected seeds of at least 0, got {min(self.seeds)}")
        if self.lengths is not None and len(self.lengths) != len(self.seeds):
            raise ValueError(f"expected {len(self.seeds)} lengths, one per seed, got {len(self.lengths)}")

    def __call__(self, like: Tensor, place: int) -> Tensor:
        """Return noise with the shape, type and device of `like` (batch, *); see `NoiseSource`.

        Raises:
            ValueError: `like` has not as many items as there are seeds.
        """
        if like.shape[0] != len(self.seeds):
            raise ValueError(f"expected a batch of {len(self.seeds)}, one item per seed, got {like.shape[0]}")
        noise = torch.zeros(like.shape)
        lengths = self.lengths or [like.shape[1] if like.ndim > 1 else 1] * len(self.seeds)
        for item, seed, length in zip(noise, self.seeds, lengths, strict=True):
            generator = torch.Generator().manual_seed(_hash(seed, place))
            if item.ndim == 0:
                item.copy_(torch.randn((), generator=generator))
            else:
                item[:length] = torch.randn((length, *item.shape[1:]), generator=generator)
        return noise.to(like)


def _hash(seed: int, place: int) -> int:
    """Return a seed for one place: neighbours must not be related, as seed + place would be."""
    return int(np.random.SeedSequence(entropy=seed, spawn_key=(place,)).generate_state(1, np.uint64)[0] >> np.uint64(1))
