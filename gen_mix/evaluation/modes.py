"""Links and modes: what energy distance and a classifier of single tracks hardly see.

Links are what tracks of one mix have to do with each other, modes are the choices a session is mixed by.
Each number is taken from one session's set of mixes; `pool_modes` puts a system beside the engineers.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import combinations

import torch
from torch import Tensor

from gen_mix.console.layout import BUS_TOKENS, DELAY, LAYOUT, TRACK
from gen_mix.evaluation.distances import Distances
from gen_mix.evaluation.heard import HEARD
from gen_mix.mix import MixParameters
from gen_mix.sessions.facts import TrackFacts
from gen_mix.sessions.instruments import INSTRUMENTS

_APART = 0.4
_OPPOSITE = 0.2
_HARD = 0.1
_UNDECIDED = 0.15
_DUPLICATE = 0.1
_BASSES = ("bass", "synth_bass")


@dataclass(frozen=True)
class MixSet:
    """Mixes of one session by one system.

    Attributes:
        parameters: Settings (draws, tokens, width); gates as they came, not yet decided.
        heard: Features in their units (draws, tracks, len(HEARD)).
    """

    parameters: MixParameters
    heard: Tensor


@dataclass(frozen=True)
class Modes:
    """Links and modes of one session's set of mixes; NaN where the session cannot show one.

    Attributes:
        doubles_apart: Share of doubled parts, recorded in mono, that are panned at least 0.4 apart.
        doubles_mirrored: Of these, the share as far left as right, within 0.2.
        lead_mean_lu: Level of the lead over the mean level of the rest, mean over mixes.
        lead_sd_lu: The same, standard deviation over mixes.
        kick_bass_sd_lu: Level of the kick over the bass, standard deviation over mixes.
        left_centre_right: Share of mixes that use nothing but hard left, centre and hard right.
        undecided_gates: Share of switches whose value is further than 0.15 from both off and on.
        wetness_sd_db: Mean reverb return over tracks, standard deviation over mixes.
        duplicates: Share of mixes with a neighbour ten times nearer than is usual among engineers.
    """

    doubles_apart: float
    doubles_mirrored: float
    lead_mean_lu: float
    lead_sd_lu: float
    kick_bass_sd_lu: float
    left_centre_right: float
    undecided_gates: float
    wetness_sd_db: float
    duplicates: float


def modes_of(mixes: MixSet, engineers: Sequence[MixSet], facts: TrackFacts, spread: Tensor) -> Modes:
    """Return the links and modes of one session's mixes.

    Args:
        mixes: Of any system.
        engineers: Independent sets of engineers' mixes of the same session.
        facts: Of the session (batch 1).
        spread: What each heard feature is divided by (len(HEARD),).
    """
    level = mixes.heard[..., HEARD.index("level_lu")]
    pan = mixes.heard[..., HEARD.index("pan")]
    left, right = _doubles(pan, facts)
    is_apart, is_mirrored = (left - right).abs() >= _APART, (left + right).abs() <= _OPPOSITE
    over_rest = _lead_over_rest(level, facts.is_lead[0])
    return Modes(
        doubles_apart=float(is_apart.float().mean()),
        doubles_mirrored=float(is_mirrored[is_apart].float().mean()),
        lead_mean_lu=float(over_rest.mean()),
        lead_sd_lu=float(over_rest.std(correction=0)),
        kick_bass_sd_lu=float(_kick_over_bass(level, facts.instrument[0]).std(correction=0)),
        left_centre_right=_left_centre_right(pan),
        undecided_gates=_undecided_gates(mixes.parameters),
        wetness_sd_db=float(mixes.heard[..., HEARD.index("reverb_db")].mean(-1).std(correction=0)),
        duplicates=_duplicates(mixes.heard / spread, [one.heard / spread for one in engineers]),
    )


def pool_modes(sessions: Sequence[Modes]) -> dict[str, float | None]:
    """Return each mode, averaged over the sessions that can show it; None where none can."""
    pooled: dict[str, float | None] = {}
    for field in fields(Modes):
        values = [value for one in sessions if not math.isnan(value := getattr(one, field.name))]
        pooled[field.name] = sum(values) / len(values) if values else None
    return pooled


def link_errors(heard: Tensor, references: Sequence[Tensor]) -> Distances:
    """Return how far correlations between tracks are from the engineers', and the engineers' from each other.

    For every feature and every pair of tracks the correlation over the mixes is taken; the error is its mean
    squared difference. The ratio is 1 for engineers and grows as links are lost. NaN for a
    session of one track, and for a single answer: what never moves is linked to nothing.

    Args:
        heard: (draws, tracks, features).
        references: At least two independent sets of engineers, each of the same shape.
    """
    if bool((heard == heard[:1]).all()):
        return Distances(torch.tensor(math.nan), torch.tensor(math.nan))
    system, *engineers = [_correlations(one) for one in (heard, *references)]
    own = [(one - other).square().mean() for one, other in combinations(engineers, 2)]
    to_engineers = [(system - one).square().mean() for one in engineers]
    return Distances(torch.stack(to_engineers).mean(), torch.stack(own).mean())


def delay_knobs(parameters: MixParameters) -> Tensor:
    """Return time in octaves, feedback and ping-pong of the delay (mixes, 3)."""
    time_ms, feedback, ping_pong = (
        LAYOUT.value(parameters, DELAY, name) for name in ("time_ms", "feedback", "ping_pong")
    )
    return torch.stack([time_ms.log2(), feedback, ping_pong], dim=-1)


def _correlations(heard: Tensor) -> Tensor:
    centred = heard - heard.mean(0)
    # A feature that never moves is linked to nothing; the floor keeps its rounding noise from being scaled up.
    standard = centred / centred.square().mean(0).sqrt().clamp_min(1e-4)
    correlations = torch.einsum("ntf,nuf->tuf", standard, standard) / len(heard)
    first, second = torch.triu_indices(heard.shape[1], heard.shape[1], 1)
    return correlations[first, second]


def _doubles(pan: Tensor, facts: TrackFacts) -> tuple[Tensor, Tensor]:
    """Return the pans of either half of every pair of mono tracks (mixes, pairs)."""
    double_of, is_mono = facts.double_of[0], ~facts.is_stereo[0]
    pairs = [place for place, other in enumerate(double_of.tolist()) if other > place and is_mono[[place, other]].all()]
    first = torch.tensor(pairs, dtype=torch.int64)
    return pan[:, first], pan[:, double_of[first]]


def _lead_over_rest(level: Tensor, is_lead: Tensor) -> Tensor:
    return level[:, is_lead].mean(-1) - level[:, ~is_lead].mean(-1)


def _kick_over_bass(level: Tensor, instrument: Tensor) -> Tensor:
    is_bass = torch.isin(instrument, torch.tensor([INSTRUMENTS.index(name) for name in _BASSES]))
    return level[:, instrument == INSTRUMENTS.index("kick")].mean(-1) - level[:, is_bass].mean(-1)


def _left_centre_right(pan: Tensor) -> float:
    is_hard = (1 - pan.abs()) <= _HARD
    only = (is_hard | (pan.abs() <= _HARD)).all(-1) & is_hard.any(-1)
    return float(only.float().mean())


def _undecided_gates(parameters: MixParameters) -> float:
    places = [place for place, spec in enumerate(LAYOUT.specs(TRACK)) if spec.is_gate]
    gates = parameters.normalized[:, len(BUS_TOKENS) :, places]
    return float((torch.minimum(gates.abs(), (1 - gates).abs()) > _UNDECIDED).float().mean())


def _duplicates(heard: Tensor, engineers: Sequence[Tensor]) -> float:
    usual = torch.cat([_nearest(one.flatten(1)) for one in engineers]).median()
    return float((_nearest(heard.flatten(1)) < _DUPLICATE * usual).float().mean())


def _nearest(rows: Tensor) -> Tensor:
    distances = torch.cdist(rows, rows, compute_mode="donot_use_mm_for_euclid_dist")
    return distances.fill_diagonal_(math.inf).amin(-1)
