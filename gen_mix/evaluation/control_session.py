"""A session that wishes are tried on."""

from dataclasses import dataclass

import torch
from torch import Tensor

from gen_mix.evaluation.heard import Excerpts, hear, take_excerpts
from gen_mix.mix import MixCondition, MixParameters
from gen_mix.pipeline import MixPipeline
from gen_mix.sessions.engineers import draw_engineers
from gen_mix.sessions.facts import TrackFacts, facts_of_session
from gen_mix.sessions.session import Session


@dataclass(frozen=True)
class ControlSession:
    """A labelled session, heard.

    Attributes:
        session: Its tracks.
        facts: Labels and measurements (batch 1).
        condition: What the model hears of it.
        excerpts: What mixes of it are judged on.
        spread: Standard deviation over engineers' mixes of what is heard of each track (tracks, features).
    """

    session: Session
    facts: TrackFacts
    condition: MixCondition
    excerpts: Excerpts
    spread: Tensor

    def heard(self, mixes: MixParameters) -> Tensor:
        """Return what is heard of some mixes in engineers' spreads (mixes, tracks, features)."""
        return hear(self.excerpts, mixes) / self.spread


def control_session(session: Session, pipeline: MixPipeline, engineers: int = 64) -> ControlSession:
    """Return a session, ready for wishes to be tried on.

    Features are scaled by their spread over all tracks of engineers' mixes of the session.

    Raises:
        InputError: A track has no label.
    """
    facts, excerpts = facts_of_session(session), take_excerpts(session)
    drawn = draw_engineers(facts.expand(engineers), torch.Generator().manual_seed(0)).parameters
    heard = hear(excerpts, drawn)
    spread = (heard - heard.mean(0)).square().mean((0, 1)).sqrt().clamp_min(1e-3)
    return ControlSession(session, facts, pipeline.embed(session), excerpts, spread)
