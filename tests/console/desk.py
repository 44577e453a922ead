"""Consoles with some knobs turned, and signals to send through them."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from gen_mix.console.knobs import Knobs
from gen_mix.console.layout import LAYOUT
from gen_mix.mix import MixParameters

RATE = 44100


def knobs(kind: str, values: Mapping[str, float]) -> Knobs:
    """Return a token at its defaults but for `values`, in their units."""
    places = [
        spec.normalized(torch.tensor(values.get(spec.name, spec.default), dtype=torch.float64))
        for spec in LAYOUT.specs(kind)
    ]
    return Knobs(kind, torch.stack(places))


def console(is_stereo: Sequence[bool], turned: Mapping[tuple[int, str], float], batch: int = 1) -> MixParameters:
    """Return the neutral console, with knobs (token, name) turned to values in their units."""
    stereo = torch.tensor([list(is_stereo)] * batch)
    neutral = LAYOUT.neutral(torch.ones_like(stereo), stereo)
    for (token, name), value in turned.items():
        kind = LAYOUT.kind(token)
        place = LAYOUT.spec(kind, name).normalized(torch.tensor(value, dtype=torch.float64))
        neutral.normalized[:, token, LAYOUT.index(kind, name)] = place.float()
    return neutral


def random_console(is_stereo: Sequence[bool], batch: int, generator: torch.Generator) -> MixParameters:
    """Return consoles with every knob anywhere, one in four of them at an end."""
    mask = console(is_stereo, {}, batch).mask
    places = torch.rand(mask.shape, generator=generator)
    at_end = torch.rand(mask.shape, generator=generator) < 0.25
    return MixParameters(torch.where(at_end, places.round(), places), mask)


def signals(samples: int, generator: torch.Generator) -> dict[str, Tensor]:
    """Return signals (2, samples) that break things: noise, silence, a constant, full scale, next to nothing."""
    noise = torch.randn(2, samples, generator=generator)
    return {
        "noise": 0.1 * noise,
        "silence": torch.zeros(2, samples),
        "constant": torch.full((2, samples), 0.5),
        "full scale": torch.sign(noise),
        "next to nothing": torch.full((2, samples), 1e-30),
    }


def decibels(ratio: Tensor | float) -> float:
    """Return an amplitude ratio in dB."""
    return float(20 * torch.log10(torch.as_tensor(ratio, dtype=torch.float64)))
