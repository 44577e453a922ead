"""Noise levels, noise that belongs to its seed, samplers and guidance, for any denoiser.

A denoiser is a function of a noisy value and its noise level; nothing here knows what the value means.
"""

from collections.abc import Callable

from samplers.aims import Aims, aimed, brought
from samplers.bounds import Bounds
from samplers.ddim import DDIM
from samplers.dpm import DPM
from samplers.euler import Euler
from samplers.flow import FlowEuler
from samplers.gauss import Gauss
from samplers.guidance import Guide, guided, tilted
from samplers.heun import Heun
from samplers.inversion import invert, slerp
from samplers.limits import Guidance, Limits, limited, settled
from samplers.noise import NoiseSource, SeededNoise
from samplers.replacement import Around
from samplers.schedule import Schedule, flow_sigmas, karras_sigmas
from samplers.start import noisy_start, sample_from, start_sigma
from samplers.tangent import Lines, Measure, Tangent, tangent_by_items, tangent_of
from samplers.types import Denoise, OnStep, Sampler

SAMPLERS: dict[str, Callable[[], Sampler]] = {
    "gauss": Gauss,
    "heun": Heun,
    "euler": Euler,
    "dpm": DPM,
    "ddim": DDIM,
    "flow": FlowEuler,
}
"""Samplers by name, with their defaults."""

__all__ = [
    "Aims",
    "DDIM",
    "DPM",
    "SAMPLERS",
    "Around",
    "Bounds",
    "Denoise",
    "Euler",
    "FlowEuler",
    "Gauss",
    "Guidance",
    "Guide",
    "Heun",
    "Limits",
    "Lines",
    "Measure",
    "NoiseSource",
    "OnStep",
    "Sampler",
    "SeededNoise",
    "Schedule",
    "Tangent",
    "aimed",
    "brought",
    "flow_sigmas",
    "guided",
    "invert",
    "karras_sigmas",
    "limited",
    "noisy_start",
    "sample_from",
    "settled",
    "slerp",
    "start_sigma",
    "tangent_by_items",
    "tangent_of",
    "tilted",
]
