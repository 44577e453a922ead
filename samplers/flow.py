"""Euler's method along a straight flow, on diffusers' flow-matching scheduler."""

from dataclasses import dataclass

from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from torch import Tensor

from samplers.noise import NoiseSource
from samplers.schedule import Schedule, flow_sigmas
from samplers.types import Denoise, OnStep, batch_level, keep


@dataclass(frozen=True)
class FlowEuler:
    """One evaluation a step, evenly spaced in the time s of z = (1 - s) clean + s noise; deterministic.

    With σ = s / (1 - s) and z = x / (1 + σ) any denoiser gives the velocity (z - clean) / s; so at the
    same levels the walk is that of `Euler`, and what differs is where it looks.

    Attributes:
        schedule: Noise levels that suit the sampler.
    """

    schedule: Schedule = flow_sigmas

    def __call__(
        self, denoise: Denoise, x: Tensor, sigmas: Tensor, noise: NoiseSource, on_step: OnStep | None = None
    ) -> Tensor:
        """Return the value that `x` (batch, *) becomes; see `Sampler`."""
        times = sigmas / (1 + sigmas)
        scheduler = FlowMatchEulerDiscreteScheduler()
        scheduler.set_timesteps(sigmas=times[:-1].tolist())
        scheduler.sigmas[-1] = times[-1]  # a walk may end above zero
        scheduler.set_begin_index(0)
        on_step = on_step or keep
        for step, time in enumerate(scheduler.timesteps):
            z = x * (1 - times[step])
            velocity = (z - denoise(x, batch_level(x, sigmas[step]))) / times[step]
            z = scheduler.step(velocity, time, z, return_dict=False)[0]
            x = on_step(step, sigmas[step + 1].item(), z / (1 - times[step + 1]))
        return x
