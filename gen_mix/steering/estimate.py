"""What mixes measure, estimated from a point of the model's space: smooth, cheap, with gradients."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from gen_mix.console.filters import response_db as filter_response_db
from gen_mix.console.layout import BUS_TOKENS, LAYOUT, MASTER, TRACK
from gen_mix.embeddings.embedder import TrackEmbedder
from gen_mix.loudness import REFERENCE_LUFS, k_weighting
from gen_mix.measurements import LEVELS, MEASUREMENTS, OCTAVES
from gen_mix.mix import MixCondition
from gen_mix.model.space import ModelSpace
from gen_mix.steering.strips import Knobs, grip, placed, reductions_db, response_db, sent_db

_OCTAVES_HZ = tuple(1000.0 * 2.0**octave for octave in range(-5, 5))
_SAMPLE_RATE = 48000
_PEAKS_OF_A_MIX_DB = (2.0, 5.0, 8.0, 10.0)
"""Typical percentiles of 10-ms peaks of a full mix over its K-weighted level; only the master's compressor asks."""

_FLOOR = 1e-6


@dataclass(frozen=True)
class Sources:
    """What the tracks of a session measure before anything is done to them.

    Attributes:
        power: Per octave, scaled so that K-weighted each track comes to 1 (tracks, octaves).
        weighting: K-weighting of the octaves, a factor of power (octaves,).
        levels_db: Percentiles of the level of 10-ms peaks, staged (tracks, len(LEVELS)).
        side_share: Power of the difference of the channels over that of both (tracks,).
        active_share: Share of the time in which a track plays (tracks,).
    """

    power: Tensor
    weighting: Tensor
    levels_db: Tensor
    side_share: Tensor
    active_share: Tensor


def sources_of(condition: MixCondition, embedder: TrackEmbedder) -> Sources:
    """Return what the tracks of `condition` (batch 1) measure: the embedding ends with it.

    Args:
        condition: What `embedder` made of a session.
        embedder: Knows how measurements were standardized.
    """
    standard = condition.tracks[0, :, -len(MEASUREMENTS) :].cpu()
    measured = standard * embedder.measurement_deviation.cpu() + embedder.measurement_mean.cpu()
    return sources_from(measured, condition.is_stereo[0].cpu())


def sources_from(measured: Tensor, is_stereo: Tensor) -> Sources:
    """Return what tracks measure, given `MEASUREMENTS` (tracks, measurements) and which are stereo (tracks,)."""

    def columns(names: list[str]) -> Tensor:
        return measured[:, [MEASUREMENTS.index(name) for name in names]]

    octaves = 10 ** (columns([f"octave_{octave}_db" for octave in OCTAVES]) / 10)
    sections = torch.from_numpy(k_weighting(_SAMPLE_RATE))
    weighting = 10 ** (filter_response_db(sections, torch.tensor(_OCTAVES_HZ), _SAMPLE_RATE).sum(0) / 10).float()
    side = 10 ** (columns(["side_db"])[:, 0] / 10)
    return Sources(
        power=octaves / (octaves * weighting).sum(-1, keepdim=True),
        weighting=weighting,
        levels_db=columns([f"level_{level}_db" for level in LEVELS]),
        side_share=(side / (1 + side)).where(is_stereo, torch.zeros(())),
        active_share=columns(["active_share"])[:, 0].clamp(0.02, 1),
    )


@dataclass(frozen=True)
class Estimate:
    """What some mixes measure, track by track; everything follows from the knobs by smooth formulas.

    Attributes:
        sources: What comes in.
        strips: Knobs of the tracks.
        buses: Knobs of master, reverb and delay by name, one token each.
    """

    sources: Sources
    strips: Knobs
    buses: dict[str, Knobs]

    @cached_property
    def response_db(self) -> Tensor:
        """Gain of each strip's EQ per octave (batch, tracks, octaves)."""
        return response_db(self.strips)

    @cached_property
    def reductions_db(self) -> Tensor:
        """Gain reduction at each of `LEVELS` (batch, tracks, levels)."""
        louder = (self.sources.power * self.sources.weighting * 10 ** (self.response_db / 10)).sum(-1)
        levels = self.sources.levels_db + 10 * louder.clamp_min(_FLOOR).log10()[..., None]
        return reductions_db(self.strips, levels)

    @cached_property
    def density_db(self) -> Tensor:
        """Mean gain reduction (batch, tracks)."""
        return self.reductions_db.mean(-1)

    @cached_property
    def punch_db(self) -> Tensor:
        """By how much peaks come out further above the body than they came in (batch, tracks)."""
        body, peak = self.reductions_db[..., 0], self.reductions_db[..., -1]
        return body - body.lerp(peak, grip(self.strips))

    @cached_property
    def power(self) -> Tensor:
        """Power of each dry track after the fader per octave, over all of the song (batch, tracks, octaves)."""
        gain_db = self.strips.get("fader_db") - self.density_db
        return (
            self.sources.power
            * self.sources.active_share[:, None]
            * 10 ** ((self.response_db + gain_db[..., None]) / 10)
        )

    @cached_property
    def loudness(self) -> Tensor:
        """K-weighted power of each dry track (batch, tracks)."""
        return (self.power * self.sources.weighting).sum(-1)

    @cached_property
    def placed(self) -> dict[str, Tensor]:
        """Shares left, right, mid and side of each dry track (batch, tracks)."""
        return dict(placed(self.strips, self.sources.side_share))

    @cached_property
    def reverb_db(self) -> Tensor:
        """Reverberation of each track over the dry track (batch, tracks)."""
        bus = self.buses["reverb"]
        octaves = self.power.new_tensor(_OCTAVES_HZ)
        damped = (1 + (octaves.clamp_min(500) / bus.get("damping_hz")[..., None]) ** 4).rsqrt()
        cut = (octaves / bus.get("low_cut_hz")[..., None]) ** 4
        heard = (self.power * self.sources.weighting * damped * cut / (1 + cut)).sum(-1) / self.loudness.clamp_min(
            _FLOOR
        )
        return sent_db(self.strips, "reverb_send", 10 * heard.clamp_min(_FLOOR).log10())

    @cached_property
    def echo_db(self) -> Tensor:
        """Echoes of each track over the dry track (batch, tracks)."""
        bus = self.buses["delay"]
        octaves = self.power.new_tensor(_OCTAVES_HZ)
        kept = 1 / (1 + (octaves / bus.get("high_cut_hz")[..., None]) ** 4)
        feedback = bus.get("feedback")[..., None]
        loop = kept / (1 - feedback.square() * kept)
        heard = (self.power * self.sources.weighting * loop).sum(-1) / self.loudness.clamp_min(_FLOOR)
        return sent_db(self.strips, "delay_send", 10 * heard.clamp_min(_FLOOR).log10())

    @cached_property
    def master_db(self) -> Tensor:
        """Gain of the master's EQ per octave (batch, octaves)."""
        return response_db(self.buses[MASTER])[:, 0]

    @cached_property
    def master_reduction_db(self) -> Tensor:
        """Mean gain reduction of the master (batch,)."""
        level_db = REFERENCE_LUFS + 10 * self.loudness.sum(-1).clamp_min(_FLOOR).log10()
        peaks = level_db[:, None, None] + level_db.new_tensor(_PEAKS_OF_A_MIX_DB)
        return reductions_db(self.buses[MASTER], peaks)[:, 0].mean(-1)


def estimator(sources: Sources, space: ModelSpace) -> Callable[[Tensor], Estimate]:
    """Return what makes an `Estimate` of x (batch, 1 + tokens, width), the expected clean value, float32 on the CPU.

    A switch of x is the mean of -1 and 1 by their probabilities, so (1 + x) / 2 is the probability that it is on.
    """
    return lambda x: estimate_of(sources, space.values(x)[:, 1:].clamp(0, 1))


def estimate_of(sources: Sources, places: Tensor) -> Estimate:
    """Return what mixes of `sources` measure, knobs at `places` (batch, tokens, knobs), 0 to 1."""
    buses = {
        name: Knobs.at(name, places[:, [token], : len(LAYOUT.specs(name))]) for token, name in enumerate(BUS_TOKENS)
    }
    return Estimate(sources, Knobs.at(TRACK, places[:, len(BUS_TOKENS) :, : len(LAYOUT.track)]), buses)
