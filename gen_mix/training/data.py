"""Batches of sessions, engineers, noise and noise levels: a pure function of (seed, step, place in the batch).

A batch is drawn in chunks, each with a generator of its own. Which process draws a chunk does not matter, nor does
what was drawn before; so any number of processes sees the same data, and a resumed run goes on as if unbroken.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from gen_mix.embeddings.bank import SessionBatch, TrackBank, draw_sessions
from gen_mix.embeddings.embedder import TrackEmbedder
from gen_mix.embeddings.session import with_labels
from gen_mix.mix import NOT_TOLD, MixCondition
from gen_mix.model.space import Space
from gen_mix.sessions.engineers import EngineerDraw, draw_engineers
from gen_mix.sessions.facts import TrackFacts
from gen_mix.training.batches import Batch, by_size
from gen_mix.training.loss import draw_sigmas
from gen_mix.training.seeds import TRAINING, generator_of
from gen_mix.training.settings import DataSettings, LossSettings
from gen_mix.training.timbres import Disturbance, Timbres


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
    space: Space
    data: DataSettings
    loss: LossSettings
    seed: int

    @cached_property
    def timbres(self) -> Timbres:
        """Differences between timbres of the bank."""
        return Timbres.of(self.bank)

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
        condition = dropped(self.condition(sessions, generator), sessions, self.data, generator)
        is_told = torch.rand(len(sessions.facts), generator=generator) < self.data.tell_intent
        return noised(self.space, engineers, condition, is_told, self.loss, generator)

    @torch.no_grad()
    def condition(self, sessions: SessionBatch, generator: torch.Generator | None = None) -> MixCondition:
        """Return what the model is told of `sessions`: embeddings, no labels.

        Args:
            sessions: Of the bank.
            generator: Of timbres that the bank does not have; without one, tracks sound as they are. What is measured
                stays as it is: engineers react to it.
        """
        facts, features, measurements = sessions.facts, sessions.features, sessions.facts.measurements
        _, measured = self.embedder.standardize(features, measurements)
        if generator is not None:
            how = Disturbance(self.data.timbre, self.data.timbre_noise)
            rows = self.timbres.disturb(
                features.flatten(0, 1), measurements.flatten(0, 1), how, generator, _like(facts)
            )
            features, measurements = (value.unflatten(0, facts.is_track.shape) for value in rows)
        heard = self.embedder(features, measurements)[..., : -self.embedder.measured]
        return MixCondition.heard(torch.cat([heard, measured], dim=-1), facts.is_track, facts.is_stereo)


def _like(facts: TrackFacts) -> Tensor:
    """Return whose timbre each track shares, counted through all sessions (batch · tracks,): doubles have one."""
    batch, tracks = facts.is_track.shape
    own = torch.arange(tracks).expand(batch, -1)
    shared = torch.where(facts.double_of >= 0, torch.minimum(own, facts.double_of), own)
    return (shared + tracks * torch.arange(batch)[:, None]).flatten()


def dropped(
    condition: MixCondition, sessions: SessionBatch, data: DataSettings, generator: torch.Generator
) -> MixCondition:
    """Return `condition` with the embeddings of some sessions hidden and the labels of some told.

    In others single tracks are named, as a person names what is heard wrongly: an instrument, perhaps whether it
    leads, never who doubles whom.
    """
    chance = torch.rand(3, len(sessions.facts), generator=generator)
    single = torch.rand(2, *condition.is_track.shape, generator=generator)
    told = with_labels(condition, sessions.facts)
    is_told = (chance[1] < data.tell_labels)[:, None] & condition.is_track
    names_some = (chance[1] >= data.tell_labels) & (chance[1] < data.tell_labels + data.name_tracks)
    is_named = names_some[:, None] & (single[0] < chance[2][:, None]) & condition.is_track
    is_ranked = is_named & (single[1] < 0.5)
    return replace(
        condition,
        has_tracks=chance[0] >= data.drop_tracks,
        label=torch.where(is_told | is_named, told.label, NOT_TOLD),
        is_lead=torch.where(is_told | is_ranked, told.is_lead, NOT_TOLD),
        double_of=torch.where(is_told, told.double_of, NOT_TOLD),
    )


def noised(
    space: Space,
    engineers: EngineerDraw,
    condition: MixCondition,
    is_intent_told: Tensor,
    loss: LossSettings,
    generator: torch.Generator,
) -> Batch:
    """Return the batch of `engineers` for `condition`, with noise and noise levels."""
    clean = space.encode(engineers.parameters, engineers.intent)
    return Batch(
        clean=clean,
        mask=space.mask(condition.is_track, condition.is_stereo),
        noise=torch.randn(clean.shape, generator=generator),
        sigma=draw_sigmas(clean.shape[0], loss, generator),
        is_intent_told=is_intent_told,
        condition=condition,
    )
