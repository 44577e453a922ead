"""What the axes of a codec's latent of the mix as a whole move, and coordinates in which each moves one thing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from gen_mix.mix import MixParameters
from gen_mix.model.codec import MixCodec
from gen_mix.model.latent import MixLatent
from gen_mix.sessions.engineers import draw_engineers
from gen_mix.sessions.facts import TrackFacts
from gen_mix.steering.alone import Sources
from gen_mix.steering.attributes import ATTRIBUTES, Heard
from gen_mix.steering.estimate import estimate_of, sources_from

TRAITS = ("brightness", "width", "dryness", "density", "vocal_level")
"""What axes are named by."""

_HALF = 0.5


@dataclass(frozen=True)
class Slopes:
    """How a codec's axes move mixes.

    Attributes:
        rise: Change of each trait per unit of each axis (traits, axes), in standard deviations between engineers.
        spread: Those standard deviations (traits,): dB, dB, dB, dB and LU.
    """

    rise: Tensor
    spread: Tensor


def traits_of(parameters: MixParameters, sources: Sources, is_lead: Tensor) -> Tensor:
    """Return what mixes of one session measure (mixes, len(TRAITS)), estimated as wishes for sound are.

    Brightness is the power above 5.7 kHz at equal loudness, width that of the sides over the middle, dryness the dry
    sound over the reverberation, density the mean gain reduction, vocal level the loudness of the lead over the rest.

    Args:
        parameters: Canonical.
        sources: What the session's tracks measure.
        is_lead: Which of them leads (tracks,).
    """
    estimate = estimate_of(sources, parameters.normalized.clamp(0, 1))
    everything = Heard(estimate, torch.ones(1, len(is_lead)), torch.ones(1))
    lead = Heard(estimate, is_lead[None].float(), torch.zeros(1))
    columns = [
        ATTRIBUTES["brightness"].estimate(everything),
        ATTRIBUTES["width"].estimate(everything),
        -ATTRIBUTES["reverb"].estimate(everything),
        ATTRIBUTES["density"].estimate(everything),
        ATTRIBUTES["level"].estimate(lead),
    ]
    return torch.cat(columns, dim=-1)


def slopes(codec: MixCodec, sessions: Sequence[TrackFacts], mixes: int, generator: torch.Generator) -> Slopes:
    """Return how the axes of `codec` move engineers' mixes: each is moved half a unit down and up, the rest stays.

    Args:
        codec: Whose axes.
        sessions: Facts of one session each (batch 1), with a lead.
        mixes: Engineers of each, at least 2.
        generator: Of the engineers.
    """
    rises, variances = [], []
    for facts in sessions:
        sources = sources_from(facts.measurements[0], facts.is_stereo[0])
        latent = codec.encode(draw_engineers(facts.expand(mixes), generator).parameters)
        here = traits_of(codec.decode(latent), sources, facts.is_lead[0])
        moved = traits_of(codec.decode(_moved(latent)), sources, facts.is_lead[0])
        down, up = moved.unflatten(0, (2, len(latent.axes), mixes)).mean(2)
        rises.append((up - down).T / (2 * _HALF))
        variances.append(here.var(0))
    spread = torch.stack(variances).mean(0).sqrt()
    return Slopes(torch.stack(rises).mean(0) / spread[:, None], spread)


def _moved(latent: MixLatent) -> MixLatent:
    """Return mixes, each moved along each axis in turn, half a unit down (axes, mixes), then up (axes, mixes)."""
    count = len(latent.axes)
    steps = torch.zeros(2, count, *latent.values.shape[1:])
    for axis in range(count):
        steps[:, axis, 0, axis] = torch.tensor([-_HALF, _HALF])
    repeats = 2 * count
    return replace(
        latent,
        values=(steps[:, :, None] + latent.values).flatten(0, 2),
        is_track=latent.is_track.repeat(repeats, 1),
        is_stereo=latent.is_stereo.repeat(repeats, 1),
    )


def turn_to_traits(rise: Tensor) -> Tensor:
    """Return coordinates (axes, axes) of which the first move one trait each and, to first order, none of the others.

    If x rises traits by J x, its coordinates are J x, each over the length of its row, and x on an orthonormal basis of
    what no trait sees. So a step along one coordinate that leaves the others where they are moves its trait alone.

    Args:
        rise: J, of `Slopes`, on axes of equal spread that do not correlate (traits, axes); no more traits than axes.
    """
    unit = rise / rise.norm(dim=1, keepdim=True).clamp_min(1e-9)
    unseen = torch.linalg.svd(unit, full_matrices=True).Vh[len(rise) :]
    return torch.cat([unit, unseen])
