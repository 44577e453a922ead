"""Calibration: is an engineer's setting anywhere among a system's with the right probability, knob by knob?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_mix.console.layout import BUS_TOKENS, LAYOUT, TRACK
from gen_mix.mix import MixParameters

BINS = 10
"""Of a histogram of probability-integral transforms."""


@dataclass(frozen=True)
class Calibration:
    """How one knob of a system is calibrated.

    Attributes:
        histogram: Share of the engineers' settings in each tenth of the system's distribution (BINS,), low settings
            first; 0.1 each if calibrated, high at the ends if the system is too sure, in the middle if not enough.
        crps: Mean continuous ranked probability score, over that of engineers for engineers; 1 is as good as they
            are, and no system is better but by chance.
    """

    histogram: tuple[float, ...]
    crps: float

    @property
    def distance(self) -> float:
        """Total variation between the histogram and a flat one, 0 to 0.9."""
        return sum(abs(share - 1 / BINS) for share in self.histogram) / 2


def calibration_of(
    system: Sequence[MixParameters], engineers: Sequence[Sequence[MixParameters]]
) -> dict[str, Calibration]:
    """Return ``kind.knob`` to its calibration; switches and knobs that engineers never move are absent.

    Values of processors that are off count too: engineers draw them and a model learns them.

    Args:
        system: Per session, its mixes (mixes, tokens, width).
        engineers: Per session, at least two independent sets of engineers' mixes. The first is what is predicted, the
            second the engineers who predict it as well as can be.
    """
    found = {}
    for kind in (*BUS_TOKENS, TRACK):
        for spec in LAYOUT.specs(kind):
            if not spec.is_gate:
                sets = [list(_columns(some, kind, spec.name)) for some in (system, *zip(*engineers, strict=True))]
                if sum(float(column.var()) for column in sets[1]) > 1e-9:
                    found[f"{kind}.{spec.name}"] = _calibrated(*sets[:3])
    return found


def transforms(predicted: Tensor, seen: Tensor) -> Tensor:
    """Return the probability-integral transform of each value seen (n, *): the share of predicted ones below it.

    Half of those equal to it count as below. Gneiting and Katzfuss (2014), Probabilistic Forecasting, section 3.

    Args:
        predicted: Draws of predicted distributions (m, *).
        seen: Values (n, *).
    """
    below = (predicted[None] < seen[:, None]).double().mean(1)
    equal = (predicted[None] == seen[:, None]).double().mean(1)
    return below + equal / 2


def ranked_probability_score(predicted: Tensor, seen: Tensor) -> Tensor:
    """Return the mean continuous ranked probability score of predicted distributions: E|X - y| - E|X - X'| / 2.

    Without bias for few draws: X and X' are never the same draw. Gneiting and Raftery (2007), equation 21.

    Args:
        predicted: Draws of predicted distributions (m, *), at least 2.
        seen: Values y (n, *).
    """
    draws = len(predicted)
    among = (predicted[None] - predicted[:, None]).abs().mean() * (draws / (draws - 1))
    return (predicted[None] - seen[:, None]).abs().mean() - among / 2


def _calibrated(system: Sequence[Tensor], seen: Sequence[Tensor], others: Sequence[Tensor]) -> Calibration:
    places = torch.cat([transforms(own, theirs).flatten() for own, theirs in zip(system, seen, strict=True)])
    histogram = torch.histc(places, BINS, 0, 1) / len(places)
    score, best = (
        sum(
            theirs.shape[1] * float(ranked_probability_score(own, theirs))
            for own, theirs in zip(sets, seen, strict=True)
        )
        for sets in (system, others)
    )
    return Calibration(tuple(histogram.tolist()), score / best)


def _columns(sessions: Sequence[MixParameters], kind: str, name: str) -> Iterator[Tensor]:
    """Yield the places of a knob over the mixes of each session that has it (mixes, tokens that have it)."""
    place = LAYOUT.index(kind, name)
    for parameters in sessions:
        used = parameters.mask[0, :, place] & torch.tensor(
            [LAYOUT.kind(token) == kind for token in range(parameters.mask.shape[1])]
        )
        if bool(used.any()):
            yield parameters.normalized[:, used, place].double()
