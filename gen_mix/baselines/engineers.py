"""Mixers that imitate engineers: with the true labels, with guessed labels, or with no eye on the session at all."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from gen_mix.baselines.mixer import Subject
from gen_mix.console.layout import BUS_TOKENS, LAYOUT
from gen_mix.embeddings.bank import TrackBank, draw_sessions
from gen_mix.embeddings.embedder import TrackEmbedder
from gen_mix.mix import MixParameters
from gen_mix.sessions.engineers import draw_engineers, middle_engineer
from gen_mix.sessions.facts import TrackFacts


@dataclass(frozen=True)
class Engineers:
    """Virtual engineers who know every label: what the others are held against."""

    def __call__(self, subject: Subject, mixes: int, generator: torch.Generator) -> MixParameters:
        """Return fresh engineers' mixes."""
        return draw_engineers(subject.facts.expand(mixes), generator).parameters


@dataclass(frozen=True)
class RuleEngineer:
    """The engineer without moods, who knows every label: all that is left to chance comes out in the middle."""

    def __call__(self, subject: Subject, mixes: int, generator: torch.Generator) -> MixParameters:
        """Return the one mix by the rules, `mixes` times."""
        mix = middle_engineer(subject.facts).parameters
        return MixParameters(mix.normalized.expand(mixes, -1, -1), mix.mask.expand(mixes, -1, -1))


@dataclass(frozen=True)
class PosteriorSampler:
    """An engineer who guesses the instruments as often right as the embedding can tell them.

    For each mix the class of each track is drawn from the posterior of the embedder's probe, then an engineer mixes.
    Two takes of one part are taken for the same instrument. This is what is reachable from audio when an instrument
    is not certain.

    Attributes:
        embedder: Gives the posterior.
    """

    embedder: TrackEmbedder

    def __call__(self, subject: Subject, mixes: int, generator: torch.Generator) -> MixParameters:
        """Return mixes by engineers who heard the tracks and read no labels."""
        posterior = class_posterior(self.embedder, subject)
        guess = torch.multinomial(posterior, mixes, replacement=True, generator=generator).T
        return draw_engineers(with_instruments(subject.facts.expand(mixes), guess), generator).parameters


@dataclass(frozen=True)
class MostProbableClass:
    """An engineer who takes each track for the instrument it most probably is.

    Attributes:
        embedder: Gives the posterior.
    """

    embedder: TrackEmbedder

    def __call__(self, subject: Subject, mixes: int, generator: torch.Generator) -> MixParameters:
        """Return mixes by engineers who all made the same guess."""
        guess = class_posterior(self.embedder, subject).argmax(-1).expand(mixes, -1)
        return draw_engineers(with_instruments(subject.facts.expand(mixes), guess), generator).parameters


@dataclass(frozen=True)
class Marginal:
    """Engineers' mixes of other sessions with as many tracks, put on this one.

    Attributes:
        bank: Training tracks.
    """

    bank: TrackBank

    def __call__(self, subject: Subject, mixes: int, generator: torch.Generator) -> MixParameters:
        """Return mixes that know nothing of the session but its number of tracks."""
        return _fit(training_mixes(self.bank, subject.facts.instrument.shape[1], mixes, generator), subject.facts)


@dataclass(frozen=True)
class MeanOfTraining:
    """One answer for everything: the mean of each knob over engineers' mixes of training sessions.

    Attributes:
        bank: Training tracks.
    """

    bank: TrackBank

    def __call__(self, subject: Subject, mixes: int, generator: torch.Generator) -> MixParameters:
        """Return the same mean mix `mixes` times."""
        tracks = subject.facts.instrument.shape[1]
        seen = training_mixes(self.bank, tracks, 512, generator)
        mean = seen.normalized.mean(0, keepdim=True)
        strips = mean[:, len(BUS_TOKENS) :].mean(1, keepdim=True).expand(-1, tracks, -1)
        mean = torch.cat([mean[:, : len(BUS_TOKENS)], strips], dim=1).expand(mixes, -1, -1)
        return _fit(MixParameters(mean, seen.mask[:1].expand(mixes, -1, -1)), subject.facts)


def training_mixes(bank: TrackBank, tracks: int, mixes: int, generator: torch.Generator) -> MixParameters:
    """Return engineers' mixes of training sessions that have `tracks` tracks (mixes, tokens, width).

    Of many drawn sessions those with the most tracks are taken; what they still lack is filled with strips of others.
    """
    sessions = draw_sessions(bank, 4 * mixes, generator, most_tracks=max(tracks, 2), fewest_tracks=tracks)
    fullest = sessions.facts.is_track.sum(-1).argsort(descending=True, stable=True)[:mixes]
    facts = sessions.facts[fullest]
    drawn = draw_engineers(facts, generator).parameters
    buses = len(BUS_TOKENS)
    own = facts.is_track[:, :tracks]
    pool = torch.randint(int(own.sum()), (mixes, tracks), generator=generator)
    filled = []
    for values in (drawn.normalized, drawn.mask):
        strips = values[:, buses : buses + tracks]
        spare = strips[own][pool]
        spare[:, : strips.shape[1]] = torch.where(own[..., None], strips, spare[:, : strips.shape[1]])
        filled.append(torch.cat([values[:, :buses], spare], dim=1))
    return MixParameters(*filled)


def class_posterior(embedder: TrackEmbedder, subject: Subject) -> Tensor:
    """Return the probability of each instrument for each track (tracks, classes); both of a pair have the same."""
    with torch.no_grad():
        posterior = torch.softmax(embedder.class_logits(subject.features, subject.facts.measurements)[0], dim=-1)
    partner = _first_of_pair(subject.facts.double_of[0])
    return posterior[partner]


def with_instruments(facts: TrackFacts, guess: Tensor) -> TrackFacts:
    """Return the facts with guessed instruments (batch, tracks); both of a pair get the guess of the first."""
    return replace(facts, instrument=guess[:, _first_of_pair(facts.double_of[0])])


def _first_of_pair(double_of: Tensor) -> Tensor:
    places = torch.arange(len(double_of))
    return torch.where(double_of >= 0, torch.minimum(places, double_of), places)


def _fit(parameters: MixParameters, facts: TrackFacts) -> MixParameters:
    """Return the settings with the knobs that this session's tracks have; a width nobody set is the default."""
    mixes = len(parameters)
    mask = LAYOUT.mask(facts.is_track, facts.is_stereo).expand(mixes, -1, -1)
    neutral = LAYOUT.neutral(facts.is_track, facts.is_stereo).normalized
    normalized = torch.where(parameters.mask, parameters.normalized, neutral)
    return MixParameters(normalized.masked_fill(~mask, 0), mask)
