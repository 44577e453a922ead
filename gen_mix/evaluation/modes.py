"""Links and modes: what energy distance and a classifier of single tracks hardly see.

Links are what tracks of one mix have to do with each other, modes are the choices a session is mixed by.
Each number is taken from one session's set of mixes; `pool_modes` puts a system beside the engineers.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from gen_mix.console.layout import BUS_TOKENS, DELAY, LAYOUT, TRACK
from gen_mix.evaluation.heard import HEARD
from gen_mix.mix import MixParameters
from gen_mix.sessions.facts import TrackFacts
from gen_mix.sessions.instruments import INSTRUMENTS

_OPPOSITE = 0.2
_HARD = 0.1
_UNDECIDED = 0.15
_OFF_MODE_OCTAVES = 0.06
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
        doubles_apart: Share of doubled parts panned to opposite sides, within 0.2 of mirrored.
        lead_mean_lu: Level of the lead over the mean level of the rest, mean over mixes.
        lead_sd_lu: The same, standard deviation over mixes.
        kick_bass_sd_lu: Level of the kick over the bass, standard deviation over mixes.
        left_centre_right: Share of mixes that use nothing but hard left, centre and hard right.
        undecided_gates: Share of switches whose value is further than 0.15 from both off and on.
        off_mode_delay: Share of delay times further than 0.06 octave from any of the engineers'.
        duplicates: Share of mixes with a neighbour ten times nearer than is usual among engineers.
    """

    doubles_apart: float
    lead_mean_lu: float
    lead_sd_lu: float
    kick_bass_sd_lu: float
    left_centre_right: float
    undecided_gates: float
    off_mode_delay: float
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
    over_rest = _lead_over_rest(level, facts.is_lead[0])
    return Modes(
        doubles_apart=_doubles_apart(pan, facts.double_of[0]),
        lead_mean_lu=float(over_rest.mean()),
        lead_sd_lu=float(over_rest.std(correction=0)),
        kick_bass_sd_lu=float(_kick_over_bass(level, facts.instrument[0]).std(correction=0)),
        left_centre_right=_left_centre_right(pan),
        undecided_gates=_undecided_gates(mixes.parameters),
        off_mode_delay=_off_mode_delay(mixes.parameters, [one.parameters for one in engineers]),
        duplicates=_duplicates(mixes.heard / spread, [one.heard / spread for one in engineers]),
    )


def pool_modes(sessions: Sequence[Modes]) -> dict[str, float | None]:
    """Return each mode, averaged over the sessions that can show it; None where none can."""
    pooled: dict[str, float | None] = {}
    for field in fields(Modes):
        values = [value for one in sessions if not math.isnan(value := getattr(one, field.name))]
        pooled[field.name] = sum(values) / len(values) if values else None
    return pooled


def link_errors(heard: Tensor, references: Sequence[Tensor]) -> tuple[float, float]:
    """Return how far correlations between tracks are from the engineers', and the engineers' from each other.

    For every feature and every pair of tracks the correlation over the mixes is taken; the error is its mean
    squared difference. The first number over the second is 1 for engineers and grows as links are lost.

    Args:
        heard: (draws, tracks, features).
        references: At least two independent sets of engineers, each of the same shape.
    """
    system, *engineers = [_correlations(one) for one in (heard, *references)]
    own = [(one - other).square().mean() for place, one in enumerate(engineers) for other in engineers[:place]]
    to_engineers = torch.stack([(system - one).square().mean() for one in engineers]).mean()
    return float(to_engineers), float(torch.stack(own).mean())


def _correlations(heard: Tensor) -> Tensor:
    centred = heard - heard.mean(0)
    # A feature that never moves is linked to nothing; the floor keeps its rounding noise from being scaled up.
    standard = centred / centred.square().mean(0).sqrt().clamp_min(1e-4)
    correlations = torch.einsum("ntf,nuf->tuf", standard, standard) / len(heard)
    first, second = torch.triu_indices(heard.shape[1], heard.shape[1], 1)
    return correlations[first, second]


def _doubles_apart(pan: Tensor, double_of: Tensor) -> float:
    first = torch.tensor([place for place, other in enumerate(double_of.tolist()) if other > place], dtype=torch.int64)
    left, right = pan[:, first], pan[:, double_of[first]]
    apart = ((left + right).abs() <= _OPPOSITE) & ((left - right).abs() > _OPPOSITE)
    return float(apart.float().mean())


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


def _off_mode_delay(parameters: MixParameters, engineers: Sequence[MixParameters]) -> float:
    octaves = LAYOUT.value(parameters, DELAY, "time_ms").log2()
    known = torch.cat([LAYOUT.value(one, DELAY, "time_ms").log2() for one in engineers])
    nearest = (octaves[:, None] - known).abs().amin(-1)
    return float((nearest > _OFF_MODE_OCTAVES).float().mean())


def _duplicates(heard: Tensor, engineers: Sequence[Tensor]) -> float:
    usual = torch.cat([_nearest(one.flatten(1)) for one in engineers]).median()
    return float((_nearest(heard.flatten(1)) < _DUPLICATE * usual).float().mean())


def _nearest(rows: Tensor) -> Tensor:
    distances = torch.cdist(rows, rows, compute_mode="donot_use_mm_for_euclid_dist")
    return distances.fill_diagonal_(math.inf).amin(-1)
