"""Random numbers that belong to the place where they are used."""

import numpy as np
import torch

TRAINING, SPACE, VALIDATION, EMBEDDER, CODEC, FRAME, WAVES = range(7)
"""Streams of random numbers that never meet."""


def generator_of(*place: int) -> torch.Generator:
    """Return a generator for the place (seed, stream, …) where its numbers are used; each at least 0."""
    seed = np.random.SeedSequence(place).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(seed >> np.uint64(1)))
