"""One interface for everything that mixes: models, references and the engineers themselves."""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from gen_mix.mix import MixCondition, MixParameters
from gen_mix.sessions.facts import TrackFacts


@dataclass(frozen=True)
class Subject:
    """A session to be mixed, with all that is known of it. Each mixer looks at its own part only.

    Attributes:
        facts: True labels and measurements (batch 1): for engineers, virtual or imitated.
        features: Audio features of each track (1, tracks, FEATURES): for a class posterior.
        condition: Embeddings (batch 1), no labels: for the model and the twin.

    Raises:
        ValueError: The parts are not of one session with the same tracks.
    """

    facts: TrackFacts
    features: Tensor
    condition: MixCondition

    def __post_init__(self) -> None:
        shapes = {tuple(one.shape[:2]) for one in (self.facts.instrument, self.features, self.condition.tracks)}
        if len(shapes) != 1 or next(iter(shapes))[0] != 1:
            raise ValueError(f"expected facts, features and condition (1, tracks, ...) of one session, got {shapes}")


class Mixer(Protocol):
    """A way to mix: a function of a session and of chance."""

    def __call__(self, subject: Subject, mixes: int, generator: torch.Generator) -> MixParameters:
        """Return settings of `mixes` mixes of the session (mixes, tokens, width); gates need not be decided."""
        ...
