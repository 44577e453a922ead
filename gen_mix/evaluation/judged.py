"""One session, mixed by every mixer and heard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gen_mix.baselines.engineers import Engineers
from gen_mix.baselines.mixer import Mixer, Subject
from gen_mix.evaluation.distances import Distances, SessionDistances, reference_distances, session_distances
from gen_mix.evaluation.heard import Excerpts, hear
from gen_mix.evaluation.modes import MixSet, Modes, delay_knobs, link_errors, modes_of
from gen_mix.mix import MixParameters
from gen_mix.sessions.facts import TrackFacts


@dataclass(frozen=True)
class Draws:
    """How much is drawn, and from which seed.

    Attributes:
        samples: Mixes in each set, at least 2.
        references: Independent sets of engineers, at least 2.
        seed: Of all chance.
        trees: Rounds of boosting of the classifier, at least 1.

    Raises:
        ValueError: There are too few samples or references.
    """

    samples: int = 64
    references: int = 3
    seed: int = 0
    trees: int = 100

    def __post_init__(self) -> None:
        if self.samples < 2 or self.references < 2:
            raise ValueError(f"expected at least 2 samples and 2 references, got {self.samples} and {self.references}")


@dataclass(frozen=True)
class Judged:
    """The mixes of one session.

    Attributes:
        name: Of the session.
        facts: True labels (batch 1).
        engineers: Independent sets of engineers' mixes.
        systems: Mixes of each system by name.
    """

    name: str
    facts: TrackFacts
    engineers: tuple[MixSet, ...]
    systems: Mapping[str, MixSet]


@dataclass(frozen=True)
class Verdict:
    """How one system did on one session.

    Attributes:
        distances: From the engineers, in heard features.
        delay: From the engineers, in the knobs of the delay: note values and slaps are modes there.
        links: Error of the correlations between tracks, beside that between sets of engineers.
        modes: Links and modes by name.
    """

    distances: SessionDistances
    delay: Distances
    links: Distances
    modes: Modes


def judge(name: str, subject: Subject, excerpts: Excerpts, mixers: Mapping[str, Mixer], draws: Draws) -> Judged:
    """Return the mixes of a session by all mixers and by engineers, heard; a function of the name and the seed."""
    wanted = {f"engineers {number}": Engineers() for number in range(draws.references)} | dict(mixers)
    settings = [
        mixer(subject, draws.samples, _generator(draws.seed, f"{name}: {key}")) for key, mixer in wanted.items()
    ]
    sets = _hear_sets(excerpts, settings)
    return Judged(
        name,
        subject.facts,
        tuple(sets[: draws.references]),
        dict(zip(mixers, sets[draws.references :], strict=True)),
    )


def verdict(judged: Judged, system: str, spread: Tensor) -> Verdict:
    """Return how a system did on a session, each feature divided by its `spread` (features,)."""
    mixes = judged.systems[system]
    heard = mixes.heard / spread
    references = [one.heard / spread for one in judged.engineers]
    delays = [delay_knobs(one.parameters) for one in judged.engineers]
    scale = torch.cat(delays).std(0).clamp_min(1e-6)
    return Verdict(
        distances=session_distances(heard, references),
        delay=reference_distances(delay_knobs(mixes.parameters) / scale, [one / scale for one in delays]),
        links=link_errors(heard, references),
        modes=modes_of(mixes, judged.engineers, judged.facts, spread),
    )


def spread_over(sets: Sequence[MixSet]) -> Tensor:
    """Return the standard deviation of each heard feature (features,) over all tracks of all mixes."""
    rows = torch.cat([one.heard.flatten(0, 1) for one in sets])
    return rows.std(0).clamp_min(1e-3)


def _hear_sets(excerpts: Excerpts, settings: Sequence[MixParameters]) -> list[MixSet]:
    """Hear many sets in one go; a set that repeats one answer is heard once."""
    distinct = [one[:1] if _is_one_answer(one) else one for one in settings]
    together = MixParameters(torch.cat([one.normalized for one in distinct]), torch.cat([one.mask for one in distinct]))
    parts = hear(excerpts, together).split([len(one) for one in distinct])
    heard = [part.expand(len(one), -1, -1) for part, one in zip(parts, settings, strict=True)]
    return [MixSet(one, part) for one, part in zip(settings, heard, strict=True)]


def _is_one_answer(parameters: MixParameters) -> bool:
    return bool((parameters.normalized == parameters.normalized[:1]).all())


def _generator(seed: int, purpose: str) -> torch.Generator:
    state = np.random.SeedSequence([seed, *purpose.encode()]).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state >> np.uint64(1)))
