"""Batches of sessions, engineers, noise and noise levels: a pure function of (seed, step, place in the batch).

A batch is drawn in chunks, each with a generator of its own. Which process draws a chunk does not matter, nor does
what was drawn before; so any number of processes sees the same data, and a resumed run goes on as if unbroken.
"""

from dataclasses import dataclass, replace

import torch

from gen_mix.embeddings.bank import SessionBatch, TrackBank, draw_sessions
from gen_mix.embeddings.embedder import TrackEmbedder
from gen_mix.mix import MixCondition
from gen_mix.model.space import ModelSpace
from gen_mix.sessions.engineers import EngineerDraw, draw_engineers
from gen_mix.training.batches import Batch, by_size
from gen_mix.training.loss import draw_sigmas
from gen_mix.training.seeds import TRAINING, generator_of
from gen_mix.training.settings import DataSettings, LossSettings


@dataclass(frozen=True)
class DataSource:
    """Draws batches.

    Attributes:
        bank: Tracks with features.
        embedder: Frozen.
        space: Between knobs and what is diffused.
        data: How batches are drawn.
        loss: How noise levels are drawn.
        seed: Of all draws.
    """

    bank: TrackBank
    embedder: TrackEmbedder
    space: ModelSpace
    data: DataSettings
    loss: LossSettings
    seed: int

    def draw(self, step: int, process: int = 0, processes: int = 1) -> list[list[Batch]]:
        """Return this process's chunks of the batch of `step`, each as micro-batches of sessions of similar size.

        Raises:
            ValueError: The chunks of a batch cannot be shared evenly by `processes`.
        """
        chunks = self.data.batch // self.data.chunk
        if chunks % processes:
            raise ValueError(f"expected processes to divide the {chunks} chunks of a batch, got {processes}")
        share = chunks // processes
        places = range(process * share, (process + 1) * share)
        return [by_size(self.chunk(step, place), self.data.micro_batch) for place in places]

    def chunk(self, step: int, chunk: int) -> Batch:
        """Return chunk `chunk` of the batch of `step`."""
        generator = generator_of(self.seed, TRAINING, step, chunk)
        sessions = draw_sessions(
            self.bank,
            self.data.chunk,
            generator,
            most_tracks=self.data.most_tracks,
            fewest_tracks=self.data.fewest_tracks,
        )
        engineers = draw_engineers(sessions.facts, generator)
        condition = dropped(self.condition(sessions), sessions, self.data, generator)
        return noised(self.space, engineers, condition, self.loss, generator)

    @torch.no_grad()
    def condition(self, sessions: SessionBatch) -> MixCondition:
        """Return what the model is told of `sessions`: embeddings, no labels."""
        facts = sessions.facts
        return MixCondition(
            tracks=self.embedder(sessions.features, facts.measurements),
            is_track=facts.is_track,
            is_stereo=facts.is_stereo,
            has_tracks=torch.ones(len(facts), dtype=torch.bool),
            label=torch.full_like(facts.instrument, -1),
        )


def dropped(
    condition: MixCondition, sessions: SessionBatch, data: DataSettings, generator: torch.Generator
) -> MixCondition:
    """Return `condition` with the embeddings of some sessions hidden and the labels of some told."""
    chance = torch.rand(2, len(sessions.facts), generator=generator)
    is_told = (chance[1] < data.tell_labels)[:, None] & condition.is_track
    return replace(
        condition,
        has_tracks=chance[0] >= data.drop_tracks,
        label=torch.where(is_told, sessions.facts.instrument, -1),
    )


def noised(
    space: ModelSpace, engineers: EngineerDraw, condition: MixCondition, loss: LossSettings, generator: torch.Generator
) -> Batch:
    """Return the batch of `engineers` for `condition`, with noise and noise levels."""
    clean = space.encode(engineers.parameters, engineers.intent)
    return Batch(
        clean=clean,
        mask=space.mask(condition.is_track, condition.is_stereo),
        noise=torch.randn(clean.shape, generator=generator),
        sigma=draw_sigmas(clean.shape[0], loss, generator),
        condition=condition,
    )
