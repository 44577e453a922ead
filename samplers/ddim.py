"""DDIM, from deterministic to ancestral sampling, on diffusers' scheduler."""

from dataclasses import dataclass

import torch
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from torch import Tensor

from samplers.noise import NoiseSource
from samplers.schedule import Schedule, karras_sigmas
from samplers.types import Denoise, OnStep, batch_level, keep


@dataclass(frozen=True)
class DDIM:
    """One evaluation a step; `eta` blends from Euler's walk (0) to ancestral sampling (1).

    Song et al. (2021), https://arxiv.org/abs/2010.02502, eq. (12) and (16). The scheduler's state keeps unit
    variance, z = x / sqrt(1 + σ²), so its products of alphas are 1 / (1 + σ²).

    Attributes:
        eta: η, 0 to 1; how much of the step's noise is fresh.
        schedule: Noise levels that suit the sampler.

    Raises:
        ValueError: `eta` is out of range.
    """

    eta: float = 0.0
    schedule: Schedule = karras_sigmas

    def __post_init__(self) -> None:
        if not 0 <= self.eta <= 1:
            raise ValueError(f"expected eta between 0 and 1, got {self.eta}")

    def __call__(
        self, denoise: Denoise, x: Tensor, sigmas: Tensor, noise: NoiseSource, on_step: OnStep | None = None
    ) -> Tensor:
        """Return the value that `x` (batch, *) becomes; see `Sampler`."""
        steps = len(sigmas) - 1
        scheduler = DDIMScheduler(num_train_timesteps=steps, prediction_type="sample", clip_sample=False)
        scheduler.set_timesteps(steps)
        products = 1 / (1 + sigmas**2)
        scheduler.alphas_cumprod = products[:-1].flip(0)  # the scheduler's times run from clean to noise
        scheduler.final_alpha_cumprod = products[-1]
        on_step = on_step or keep
        for step, time in enumerate(scheduler.timesteps.tolist()):
            clean = denoise(x, batch_level(x, sigmas[step]))
            fresh = noise(x, step + 1) if self.eta > 0 else torch.zeros_like(x)
            z = x * products[step].sqrt()
            z = scheduler.step(clean, time, z, eta=self.eta, variance_noise=fresh, return_dict=False)[0]
            x = on_step(step, sigmas[step + 1].item(), z / products[step + 1].sqrt())
        return x
