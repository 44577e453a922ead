"""Ways from one mix to another."""

from collections.abc import Sequence
from typing import Literal

import torch

from gen_mix.console.layout import LAYOUT
from gen_mix.mix import MixCondition, MixParameters
from gen_mix.model.codec import MixCodec
from gen_mix.model.denoiser import Denoiser
from gen_mix.model.sampling import Journey, Sampling, sample_settings
from gen_mix.model.space import ModelSpace
from gen_mix.steering.examples import completed
from gen_mix.steering.orders import switches_of
from gen_mix.wishes import Example
from samplers import invert, slerp

Way = Literal["straight", "noise", "latent"]

_SILENT = {"gain_db": 0.0, "ratio": 1.0, "level_db": -60.0, "freq_hz": 20.0}
"""Values at which a processor that is on does nothing, or next to it."""


def straight(first: MixParameters, second: MixParameters, weight: float) -> MixParameters:
    """Return a mix between two (batch 1), every knob moved along its scale; canonical.

    A processor that is on at one end only fades: it is on all along, with the other knobs of that end, and the knob
    that gives it its strength moves to where it does nothing. So no step of the way is a jump but the last.

    Args:
        first: A canonical mix.
        second: Another of the same session.
        weight: 0 gives `first`, 1 gives `second`, to the last bit.
    """
    if weight in (0, 1):
        return second if weight else first
    start, end = _faded(first, second), _faded(second, first)
    return LAYOUT.canonical(MixParameters(torch.lerp(start.normalized, end.normalized, weight), first.mask))


def through_noise(
    first: Example,
    second: Example,
    weights: Sequence[float],
    denoiser: Denoiser,
    space: ModelSpace,
    condition: MixCondition,
    how: Sampling,
) -> list[MixParameters]:
    """Return mixes between two, each one that the model might have made: both are walked back to the noise they come
    from, and the noises between are walked forth. The ends are the two mixes themselves, to the last bit.

    Args:
        first: A mix of the session.
        second: Another.
        weights: Places on the way, 0 to 1.
        denoiser: The model.
        space: Between its values and knobs.
        condition: The session's tracks (batch 1), on the model's device.
        how: Steps, guidance and sampler.
    """
    ends = [completed(one, denoiser, space, condition, how) for one in (first, second)]

    def walk(journey: Journey) -> torch.Tensor:
        noises = [
            invert(journey.denoise, end.to(journey.blank).expand_as(journey.blank), journey.sigmas) for end in ends
        ]
        rows = [slerp(noises[0][:1], noises[1][:1], weight) for weight in weights]
        start = journey.sigmas[0].item() * torch.cat(rows)
        return journey.sampler(journey.denoise, start, journey.sigmas, journey.noise, journey.on_step)

    seeds = [0] * len(weights)
    way = sample_settings(denoiser, space, condition.expand(len(weights)), seeds, how, walk=walk).parameters
    known = {0.0: first.parameters, 1.0: second.parameters}
    return [known.get(weight, LAYOUT.canonical(way[place])) for place, weight in enumerate(weights)]


def through_latents(
    first: MixParameters, second: MixParameters, weights: Sequence[float], codec: MixCodec
) -> list[MixParameters]:
    """Return mixes between two (batch 1) whose latents lie on the straight line; the ends are the mixes themselves.

    Args:
        first: A canonical mix.
        second: Another of the same session.
        weights: Places on the way, 0 to 1.
        codec: Says mixes in latents.
    """
    start, end = codec.encode(first), codec.encode(second)
    known = {0.0: first, 1.0: second}
    return [known[weight] if weight in known else codec.decode(start + weight * (end - start)) for weight in weights]


def _faded(mix: MixParameters, other: MixParameters) -> MixParameters:
    """Return `mix` with every processor that only `other` has switched on, doing nothing."""
    normalized = mix.normalized.clone()
    for token in range(normalized.shape[1]):
        for place in range(len(LAYOUT.specs(LAYOUT.kind(token)))):
            for _, switch in switches_of((token, place)):
                if mix.normalized[0, token, switch] < 0.5 <= other.normalized[0, token, switch]:
                    silent = _silent_place(token, place)
                    normalized[0, token, place] = other.normalized[0, token, place] if silent is None else silent
        for place, spec in enumerate(LAYOUT.specs(LAYOUT.kind(token))):
            if spec.is_gate:
                normalized[0, token, place] = torch.maximum(normalized, other.normalized)[0, token, place]
    return MixParameters(normalized, mix.mask)


def _silent_place(token: int, place: int) -> float | None:
    """Return where a knob leaves the sound alone; None if it is not the one that gives a processor its strength."""
    spec = LAYOUT.specs(LAYOUT.kind(token))[place]
    processor, _, knob = spec.name.rpartition(".")
    if knob not in _SILENT or (knob == "freq_hz" and processor != "high_pass"):
        return None
    return float(spec.normalized(torch.tensor(_SILENT[knob], dtype=torch.float64)))
