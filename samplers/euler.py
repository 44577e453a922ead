"""Euler's method, on diffusers' EDM scheduler."""

from dataclasses import dataclass

from diffusers.schedulers.scheduling_edm_euler import EDMEulerScheduler
from torch import Tensor

from samplers.noise import NoiseSource
from samplers.schedule import Schedule, karras_sigmas
from samplers.types import Denoise, OnStep, batch_level, keep


@dataclass(frozen=True)
class Euler:
    """First order in the step size, one evaluation a step; deterministic.

    Attributes:
        schedule: Noise levels that suit the sampler.
    """

    schedule: Schedule = karras_sigmas

    def __call__(
        self, denoise: Denoise, x: Tensor, sigmas: Tensor, noise: NoiseSource, on_step: OnStep | None = None
    ) -> Tensor:
        """Return the value that `x` (batch, *) becomes; see `Sampler`."""
        scheduler = EDMEulerScheduler()
        scheduler.set_timesteps(len(sigmas) - 1)
        # set_timesteps knows only levels of its own; these two are what step reads
        scheduler.sigmas = sigmas.float()
        scheduler.timesteps = scheduler.precondition_noise(scheduler.sigmas[:-1])
        scheduler.set_begin_index(0)
        scheduler.is_scale_input_called = True  # our denoisers scale their input themselves
        on_step = on_step or keep
        for step, time in enumerate(scheduler.timesteps):
            clean = denoise(x, batch_level(x, sigmas[step]))
            x = scheduler.step(clean, time, x, pred_original_sample=clean, return_dict=False)[0]
            x = on_step(step, sigmas[step + 1].item(), x)
        return x
