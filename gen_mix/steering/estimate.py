"""What mixes measure, estimated from a point of the model's space: smooth, cheap, with gradients."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from gen_mix.console.compressor import static_gain_db
from gen_mix.console.filters import response_db as filter_response_db
from gen_mix.console.layout import DELAY, MASTER, REVERB, TRACK
from gen_mix.embeddings.embedder import TrackEmbedder
from gen_mix.loudness import REFERENCE_LUFS, k_weighting
from gen_mix.measurements import LEVELS, MEASUREMENTS, OCTAVES
from gen_mix.mix import MixCondition
from gen_mix.model.space import ModelSpace
from gen_mix.steering.alone import Sources, by_name, numbers_of
from gen_mix.steering.strips import OCTAVES_HZ, returned_db

_SAMPLE_RATE = 48000
_PEAKS_OF_A_MIX_DB = (2.0, 5.0, 8.0, 10.0)
"""Typical percentiles of 10-ms peaks of a full mix over its K-weighted level; only the master's compressor asks."""

_FLOOR = 1e-6


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
    weighting = 10 ** (filter_response_db(sections, torch.tensor(OCTAVES_HZ), _SAMPLE_RATE).sum(0) / 10).float()
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
    """What some mixes measure; everything follows from what their tokens do by smooth formulas.

    Attributes:
        sources: What comes in.
        numbers: What each token does by itself (batch, tokens, numbers), see `gen_mix.steering.alone.numbers_of`.
    """

    sources: Sources
    numbers: Tensor

    @cached_property
    def tracks(self) -> Mapping[str, Tensor]:
        """Numbers of the tracks by name."""
        return by_name(self.numbers, TRACK)

    @cached_property
    def room(self) -> Mapping[str, Tensor]:
        """Numbers of the reverb by name."""
        return by_name(self.numbers, REVERB)

    @cached_property
    def master(self) -> Mapping[str, Tensor]:
        """Numbers of the master by name."""
        return by_name(self.numbers, MASTER)

    @property
    def power(self) -> Tensor:
        """Power of each dry track after the fader per octave, over all of the song (batch, tracks, octaves)."""
        return self.tracks["power"]

    @cached_property
    def loudness(self) -> Tensor:
        """K-weighted power of each dry track (batch, tracks)."""
        return self.power @ self.sources.weighting

    @cached_property
    def returned(self) -> Tensor:
        """Power of reverberation and echoes of each track over that of the dry track (batch, tracks, 2)."""
        kept = torch.cat([self.room["kept"], by_name(self.numbers, DELAY)["kept"]], dim=1) * self.sources.weighting
        heard = (self.power @ kept.mT / self.loudness.clamp_min(_FLOOR)[..., None]).clamp_min(_FLOOR)
        level_db = returned_db(self.tracks["is_sent"], self.tracks["sent_db"] + 10 * heard.log10())
        return 10 ** (level_db / 10)

    @cached_property
    def equalized(self) -> Tensor:
        """Gain of the master's EQ per octave, a factor of power (batch, 1, octaves)."""
        return 10 ** (self.master["response_db"] / 10)

    @cached_property
    def master_reduction_db(self) -> Tensor:
        """Mean gain reduction of the master (batch, 1)."""
        level_db = REFERENCE_LUFS + 10 * self.loudness.sum(-1, keepdim=True).clamp_min(_FLOOR).log10()
        peaks = level_db + level_db.new_tensor(_PEAKS_OF_A_MIX_DB)
        on, threshold, ratio, knee = self.master["compressor"][:, 0].split(1, dim=-1)
        return -on * static_gain_db(peaks, threshold, ratio, knee).mean(-1, keepdim=True)


def places_of(space: ModelSpace, x: Tensor) -> Tensor:
    """Return the places of knobs (batch, tokens, knobs), 0 to 1, of x (batch, 1 + tokens, width), float32 on the CPU.

    x is the expected clean value. A switch of it is the mean of -1 and 1 by their probabilities, so (1 + x) / 2 is the
    probability that it is on.
    """
    return space.values(x)[:, 1:].clamp(0, 1)


def estimate_of(sources: Sources, places: Tensor) -> Estimate:
    """Return what mixes of `sources` measure, knobs at `places` (batch, tokens, knobs), 0 to 1."""
    return Estimate(sources, numbers_of(sources, places))
