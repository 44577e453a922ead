"""From a value back to the noise it comes from, and between two noises."""

from itertools import pairwise

import torch
from torch import Tensor

from samplers.types import Denoise, batch_level


def invert(denoise: Denoise, clean: Tensor, sigmas: Tensor) -> Tensor:
    """Return the noise from which a deterministic sampler makes `clean`.

    Walks the probability-flow ODE, eq. (1) of Karras et al. (2022), https://arxiv.org/abs/2206.00364, upwards with
    Heun's method; `clean` is taken to be x at the lowest level above 0.

    Args:
        denoise: The denoiser.
        clean: (batch, *).
        sigmas: The levels of the sampler, decreasing, the last is 0 (steps + 1,).

    Returns:
        Noise (batch, *) of about unit variance; times ``sigmas[0]`` it is the start of the sampler.
    """
    x = clean
    levels = sigmas[:-1].flip(0).tolist()
    for here, there in pairwise(levels):
        slope = (x - denoise(x, batch_level(x, here))) / here
        guess = x + (there - here) * slope
        slope_there = (guess - denoise(guess, batch_level(x, there))) / there
        x = x + (there - here) * (slope + slope_there) / 2
    return x / levels[-1]


def slerp(first: Tensor, second: Tensor, weight: float) -> Tensor:
    """Return noise between two noises, on the great circle that joins them.

    A straight line between two Gaussian draws is shorter in its middle than any draw; Shoemake (1985).

    Args:
        first: (batch, *).
        second: (batch, *).
        weight: 0 gives `first`, 1 gives `second`.
    """
    axes = tuple(range(1, first.ndim))
    one = first / first.square().sum(axes, keepdim=True).sqrt()
    two = second / second.square().sum(axes, keepdim=True).sqrt()
    angle = torch.acos((one * two).sum(axes, keepdim=True).clamp(-1, 1))
    is_apart = angle.sin() > 1e-4  # parallel draws span no circle; the line is right there
    sine = torch.where(is_apart, angle.sin(), torch.ones_like(angle))
    near = torch.where(is_apart, torch.sin((1 - weight) * angle) / sine, torch.full_like(angle, 1 - weight))
    far = torch.where(is_apart, torch.sin(weight * angle) / sine, torch.full_like(angle, weight))
    return near * first + far * second
