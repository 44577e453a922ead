"""Ways from one mix to another."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from gen_mix.console.layout import BUS_TOKENS, LAYOUT
from gen_mix.mix import MixCondition, MixParameters
from gen_mix.model.codec import MixCodec
from gen_mix.model.codec_network import gates_of
from gen_mix.model.denoiser import Denoiser
from gen_mix.model.sampling import Journey, Sampling, sample_settings
from gen_mix.model.space import ModelSpace
from gen_mix.steering.examples import completed
from gen_mix.steering.fading import fading_of
from gen_mix.wishes import Example
from samplers import invert, slerp

Way = Literal["straight", "noise", "latent"]


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
    fading = fading_of(first.normalized.shape[1])
    start, end = (
        fading.faded(one.normalized, one.normalized, other.normalized)
        for one, other in ((first, second), (second, first))
    )
    either = torch.maximum(first.normalized, second.normalized)
    moved = torch.where(fading.is_switch, either, torch.lerp(start, end, weight))
    return LAYOUT.canonical(MixParameters(moved, first.mask))


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

    def walk(journey: Journey) -> Tensor:
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
    shares = torch.tensor([[1 - weight, weight] for weight in weights])
    return among_latents([first, second], shares, codec)


@torch.no_grad()
def among_latents(mixes: Sequence[MixParameters], shares: Tensor, codec: MixCodec) -> list[MixParameters]:
    """Return mixes whose latents are weighted means of those of some mixes.

    What the codec leaves out of a mix comes back as far as the mix counts, and a processor is as far up as the codec
    is sure of it. With f, the decoder, and z, the latents of the mixes x: f(Σ wᵢ zᵢ) + Σ wᵢ (xᵢ - f(zᵢ)). So a mix that
    counts alone is itself, to the last bit, one that counts next to alone is next to itself, and no step is a jump.

    Args:
        mixes: Canonical, batch 1, of one session.
        shares: How much each counts, at least 0, rows adding up to 1 (ways, mixes).
        codec: Says mixes in latents.
    """
    mask, fading = mixes[0].mask, fading_of(mixes[0].normalized.shape[1])
    ends = MixParameters(torch.cat([mix.normalized for mix in mixes]), torch.cat([mix.mask for mix in mixes]))
    # Latents as the network has them: standardizing is affine, so the means are the same.
    latents = codec.network.encode(ends)
    told, amid = (_undecided(codec, one, mask) for one in (latents, torch.einsum("wm,mtk->wtk", shares, latents)))
    lost = fading.faded(ends.normalized, ends.normalized, told) - fading.faded(told, told, told)
    moved = fading.faded(amid, amid, amid) + torch.einsum("wm,mtk->wtk", shares, lost)
    settings = fading.switched(moved.clamp(0, 1)).masked_fill(~mask, 0)
    return [
        mixes[int(row.argmax())] if row.max() == 1 else LAYOUT.canonical(MixParameters(one[None], mask))
        for row, one in zip(shares, settings, strict=True)
    ]


def _undecided(codec: MixCodec, latents: Tensor, mask: Tensor) -> Tensor:
    """Return where knobs are that a codec's latents stand for (batch, tokens, knobs).

    Of a switch it is the probability that it is on; of what hangs on it, the place that it has if it is.
    """
    is_track = mask[:, len(BUS_TOKENS) :, 0].expand(len(latents), -1)
    places = codec.network.decode(latents, is_track).places
    return torch.where(gates_of(places), places.sigmoid(), places.clamp(0, 1))
