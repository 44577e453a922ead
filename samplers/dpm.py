"""DPM-Solver++ (multistep), on diffusers' EDM scheduler."""

from dataclasses import dataclass

from diffusers.schedulers.scheduling_edm_dpmsolver_multistep import EDMDPMSolverMultistepScheduler
from torch import Tensor

from samplers.noise import NoiseSource
from samplers.schedule import Schedule, karras_sigmas
from samplers.types import Denoise, OnStep, batch_level, keep


@dataclass(frozen=True)
class DPM:
    """DPM-Solver++(2M or 3M): remembers earlier answers, so higher order at one evaluation a step.

    Lu et al. (2022), https://arxiv.org/abs/2211.01095; deterministic.

    Attributes:
        order: 1, 2 or 3.
        schedule: Noise levels that suit the sampler.

    Raises:
        ValueError: `order` is out of range.
    """

    order: int = 2
    schedule: Schedule = karras_sigmas

    def __post_init__(self) -> None:
        if self.order not in (1, 2, 3):
            raise ValueError(f"expected an order of 1, 2 or 3, got {self.order}")

    def __call__(
        self, denoise: Denoise, x: Tensor, sigmas: Tensor, noise: NoiseSource, on_step: OnStep | None = None
    ) -> Tensor:
        """Return the value that `x` (batch, *) becomes; see `Sampler`."""
        scheduler = _CleanScheduler(solver_order=self.order)
        scheduler.set_timesteps(len(sigmas) - 1)
        # set_timesteps knows only levels of its own; these two are what step reads
        scheduler.sigmas = sigmas.clone()
        scheduler.timesteps = scheduler.precondition_noise(scheduler.sigmas[:-1])
        scheduler.set_begin_index(0)
        on_step = on_step or keep
        for step, time in enumerate(scheduler.timesteps):
            clean = denoise(x, batch_level(x, sigmas[step]))
            x = scheduler.step(clean, time, x, return_dict=False)[0]
            x = on_step(step, sigmas[step + 1].item(), x)
        return x


class _CleanScheduler(EDMDPMSolverMultistepScheduler):
    """diffusers' scheduler for denoisers that answer with the clean value, as ours do."""

    def convert_model_output(self, model_output: Tensor, sample: Tensor) -> Tensor:
        return model_output
