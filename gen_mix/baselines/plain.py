"""The plainest mix of all."""

from dataclasses import dataclass

import torch

from gen_mix.baselines.mixer import Subject
from gen_mix.console.layout import LAYOUT
from gen_mix.mix import MixParameters


@dataclass(frozen=True)
class EqualLoudness:
    """Every track as loud as every other, in the middle, untouched."""

    def __call__(self, subject: Subject, mixes: int, generator: torch.Generator) -> MixParameters:
        """Return the neutral console `mixes` times."""
        neutral = LAYOUT.neutral(subject.facts.is_track, subject.facts.is_stereo)
        return MixParameters(neutral.normalized.expand(mixes, -1, -1), neutral.mask.expand(mixes, -1, -1))
