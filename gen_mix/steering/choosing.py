"""Some mixes out of many: none that is odd, and no two more alike than need be."""

from dataclasses import dataclass

import torch
from torch import Tensor

from gen_mix.errors import InputError
from gen_mix.evaluation.heard import Excerpts, hear
from gen_mix.mix import MixParameters

_NEIGHBOURS = 5
_ODD_SHARE = 0.1


@dataclass(frozen=True)
class Selection:
    """Some of many mixes.

    Attributes:
        chosen: Their places among the candidates, most telling first.
        candidates: How many there were.
        left_out: How many of them were too odd.
        usual_distance: Mean distance of two candidates, in spreads of what is heard.
        mean_distance: The same of two chosen mixes; 0 if there is one.
        nearest_distance: Distance of the two chosen mixes that are most alike; 0 if there is one.
    """

    chosen: tuple[int, ...]
    candidates: int
    left_out: int
    usual_distance: float
    mean_distance: float
    nearest_distance: float

    @property
    def sameness(self) -> float:
        """How much nearer the two most alike chosen mixes are than is usual: 0 not at all, 1 the same mix."""
        return max(0.0, 1 - self.nearest_distance / self.usual_distance) if self.usual_distance > 0 else 1.0


def choose_varied(excerpts: Excerpts, candidates: MixParameters, count: int) -> Selection:
    """Return `count` of the candidates that are plausible and sound as different as they can.

    Raises:
        InputError: There are fewer candidates than mixes.
    """
    if count > len(candidates):
        raise InputError(f"--from {len(candidates)}: expected at least as many as mixes, {count}")
    return select_varied(hear(excerpts, candidates), count)


def select_varied(heard: Tensor, count: int) -> Selection:
    """Return which mixes to keep, from what is heard of all (mixes, tracks, features).

    Features are divided by their spread over the mixes. The tenth of the mixes that is furthest from its five
    nearest neighbours is odd, more so than what the model thinks usual, and left out while enough others remain. Of the
    rest the greedy most probable set of a determinantal point process is taken, with the kernel exp(-d² / 2h²), h the
    median distance: Kulesza and Taskar (2012), https://arxiv.org/abs/1207.6083, section 4.2.1.
    """
    centred = (heard - heard.mean(0)).double()
    rows = (centred / centred.square().mean((0, 1)).sqrt().clamp_min(1e-6)).flatten(1)
    distances = torch.cdist(rows, rows, compute_mode="donot_use_mm_for_euclid_dist") / rows.shape[1] ** 0.5
    mixes = len(rows)
    near = distances.sort(-1).values[:, 1 : _NEIGHBOURS + 1].mean(-1) if mixes > 1 else torch.zeros(1)
    plausible = near.argsort(stable=True)[: max(count, mixes - int(mixes * _ODD_SHARE))]
    chosen = [int(plausible[place]) for place in _greedy(distances[plausible][:, plausible], count)]
    pairs = torch.triu_indices(count, count, 1)
    between = distances[chosen][:, chosen][pairs[0], pairs[1]]
    return Selection(
        tuple(chosen),
        mixes,
        mixes - len(plausible),
        float(distances.sum() / max(mixes * (mixes - 1), 1)),
        float(between.mean()) if len(between) else 0.0,
        float(between.min()) if len(between) else 0.0,
    )


def _greedy(distances: Tensor, count: int) -> list[int]:
    """Return places whose kernel has the largest determinant, one at a time, by its Cholesky factor.

    Chen, Zhang and Zhou (2018), https://arxiv.org/abs/1709.05135, algorithm 1. The first is the most usual one.
    """
    width = distances[distances > 0].median() if bool((distances > 0).any()) else distances.new_ones(())
    kernel = torch.exp(-distances.square() / (2 * width**2))
    left = kernel.diagonal().clone() + 1e-9
    factors = kernel.new_zeros(len(kernel), count)
    chosen = [int(distances.sum(-1).argmin())]
    for number in range(count - 1):
        last = chosen[-1]
        column = kernel[:, last] - factors[:, :number] @ factors[last, :number]
        factors[:, number] = column / left[last].clamp_min(1e-12).sqrt()
        left = left - factors[:, number].square()
        left[chosen] = -torch.inf
        chosen.append(int(left.argmax()))
    return chosen
