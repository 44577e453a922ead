"""What a denoiser, a sampler and their callbacks are."""

from collections.abc import Callable
from typing import Protocol

from torch import Tensor

from samplers.noise import NoiseSource
from samplers.schedule import Schedule

Denoise = Callable[[Tensor, Tensor], Tensor]
"""A denoiser: from noisy x (batch, *) and sigma (batch,) to the expected clean value (batch, *)."""

OnStep = Callable[[int, float, Tensor], Tensor]
"""Called after each step with its number from 0, the sigma reached and x there; returns the x to go on with."""


class Sampler(Protocol):
    """A way to walk from noise to a clean value.

    Attributes:
        schedule: Noise levels that suit the sampler.
    """

    @property
    def schedule(self) -> Schedule:
        """Noise levels that suit the sampler."""

    def __call__(
        self, denoise: Denoise, x: Tensor, sigmas: Tensor, noise: NoiseSource, on_step: OnStep | None = None
    ) -> Tensor:
        """Return the value that `x` becomes.

        Args:
            denoise: The denoiser, with all conditions bound into it.
            x: Noisy value (batch, *) at level ``sigmas[0]``.
            sigmas: Decreasing noise levels (steps + 1,), float64.
            noise: Where fresh noise comes from, if the sampler needs any; step i draws at place i + 1.
            on_step: See `OnStep`.

        Returns:
            x at level ``sigmas[-1]`` (batch, *).
        """


def keep(step: int, sigma: float, x: Tensor) -> Tensor:
    """Return x: what happens after a step when nobody asked for more."""
    return x


def batch_level(x: Tensor, sigma: float | Tensor) -> Tensor:
    """Return one level for every item of x (batch, *), as a denoiser takes it: (batch,), in the type of x."""
    return x.new_full((x.shape[0],), float(sigma))
