"""Strips put side by side, eight channels a group, ready for the inner loops."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from gen_mix.console.rack_kernel import FILTER_STATE, TAPS, Groups, State, run_groups
from gen_mix.console.simd import LANES

_PASS = np.array([1.0, 0.0, 0.0, 1.0, 0.0, 0.0])  # a filter that changes nothing
_NO_DYNAMICS = np.array([0.0, 0.0, 1.0, 0.5, 1.0, 1.0])
_DB_PER_OCTAVE = 20 * math.log10(2)

_Number = TypeVar("_Number", bound=np.generic)


@dataclass(frozen=True)
class Strip:
    """The processors of one or two channels, in numbers.

    Attributes:
        sources: Row of the input that each channel reads, one or two.
        sections: Filters in a row as b0 b1 b2 a0 a1 a2 with a0 = 1, (filters, 6).
        dynamics: Of the compressor, as `dynamics` returns it; None if there is none.
        targets: Rows of the output that it goes to.
        gains: How much of each channel goes to each target, (targets, channels).
    """

    sources: tuple[int, ...]
    sections: NDArray[np.float64]
    dynamics: NDArray[np.float64] | None
    targets: tuple[int, ...]
    gains: NDArray[np.float64]

    @property
    def cost(self) -> tuple[bool, int]:
        """What decides how long a group takes that it is in."""
        return self.dynamics is not None, len(self.sections)


def dynamics(
    threshold_db: NDArray[np.float64],
    ratio: NDArray[np.float64],
    knee_db: NDArray[np.float64],
    attack: NDArray[np.float64],
    release: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the numbers of compressors, (6, *) for knobs (*); times are shares of a step covered in a sample."""
    knee, corner = knee_db / _DB_PER_OCTAVE, (knee_db / 2 - threshold_db) / _DB_PER_OCTAVE
    return np.array([corner, 1 / ratio - 1, knee, 1 / (2 * knee), attack, release])


@dataclass(frozen=True)
class Rack:
    """Strips of some mixes, grouped; the groups of one mix lie together, whatever other mixes there are.

    Attributes:
        groups: All groups.
        first_group: Where the groups of each mix begin, and where the last ends (mixes + 1,).
    """

    groups: Groups
    first_group: tuple[int, ...]

    def at_rest(self) -> State:
        """Return the state before the first sample."""
        filters = len(self.groups.taps) // TAPS
        return State(np.zeros(filters * FILTER_STATE), np.zeros(len(self.groups.source)))

    def run(self, state: State, groups: range, source: NDArray[np.float32], out: NDArray[np.float32]) -> None:
        """Fill `out` (rows, samples) with what some groups make of `source` (rows, samples), moving `state` on."""
        run_groups(self.groups, state, groups.start, groups.stop, source, out)


def build_rack(mixes: Sequence[Sequence[Strip]], silent_row: int) -> Rack:
    """Return the rack of the strips of some mixes.

    Args:
        mixes: Strips of each.
        silent_row: Row of the input that holds nothing, for lanes without a strip.
    """
    grouped = [_grouped(strips) for strips in mixes]
    groups = [_Group(members, silent_row) for mix in grouped for members in mix]
    first_group = tuple(accumulate((len(mix) for mix in grouped), initial=0))
    return Rack(
        Groups(
            source=_joined([group.source() for group in groups], np.int64),
            is_pair=_joined([group.is_pair() for group in groups], np.float32),
            first_filter=_starts(group.filters for group in groups),
            taps=_joined([group.taps() for group in groups], np.float64),
            levels=_joined([group.levels() for group in groups], np.float64),
            has_dynamics=np.array([group.has_dynamics for group in groups], np.bool_),
            knobs=_joined([group.knobs() for group in groups], np.float64),
            first_target=_starts(len(group.targets) for group in groups),
            targets=_joined([np.array(group.targets) for group in groups], np.int64),
            gains=_joined([group.gains() for group in groups], np.float32),
        ),
        first_group,
    )


def _joined(rows: Iterable[NDArray[Any]], kind: type[_Number]) -> NDArray[_Number]:
    return np.concatenate([np.zeros(0, kind), *(row.reshape(-1).astype(kind) for row in rows)])


def _starts(lengths: Iterable[int]) -> NDArray[np.int64]:
    return np.array(list(accumulate(lengths, initial=0)), np.int64)


def _grouped(strips: Sequence[Strip]) -> list[list[tuple[int, Strip]]]:
    """Return which lanes of each group the strips of one mix take; those that cost alike lie together.

    The two channels of a strip are a pair of lanes; strips with one channel share pairs.
    """
    ordered = sorted(strips, key=lambda strip: strip.cost, reverse=True)
    single = [strip for strip in ordered if len(strip.sources) == 1]
    units = [[strip] for strip in ordered if len(strip.sources) == 2]
    units += [single[place : place + 2] for place in range(0, len(single), 2)]
    units.sort(key=lambda unit: unit[0].cost, reverse=True)
    pairs = LANES // 2
    return [
        [
            (2 * pair + lane, strip)
            for pair, unit in enumerate(units[start : start + pairs])
            for lane, strip in enumerate(unit)
        ]
        for start in range(0, len(units), pairs)
    ]


class _Group:
    """One group on its way into arrays."""

    def __init__(self, members: Sequence[tuple[int, Strip]], silent_row: int) -> None:
        self.members = members
        self.silent_row = silent_row
        self.filters = max(len(strip.sections) for _, strip in members)
        self.has_dynamics = any(strip.dynamics is not None for _, strip in members)
        reached = {
            target
            for _, strip in members
            for target, gains in zip(strip.targets, strip.gains, strict=True)
            if gains.any()
        }
        self.targets = sorted(reached)

    def source(self) -> NDArray[np.int64]:
        rows = np.full(LANES, self.silent_row)
        for lane, strip in self.members:
            rows[lane : lane + len(strip.sources)] = strip.sources
        return rows

    def is_pair(self) -> NDArray[np.float32]:
        paired = np.zeros(LANES, np.float32)
        for lane, strip in self.members:
            paired[lane : lane + len(strip.sources)] = len(strip.sources) == 2
        return paired

    def taps(self) -> NDArray[np.float64]:
        b0, b1, b2, _, a1, a2 = np.moveaxis(self._sections(), -1, 0)
        return np.stack([b1 / b0, b2 / b0, -a1, -a2], axis=1)

    def levels(self) -> NDArray[np.float64]:
        return self._sections()[..., 0].prod(axis=0)

    def _sections(self) -> NDArray[np.float64]:
        sections = np.tile(_PASS, (self.filters, LANES, 1))
        for lane, strip in self.members:
            for channel in range(len(strip.sources)):
                sections[: len(strip.sections), lane + channel] = strip.sections
        return sections

    def knobs(self) -> NDArray[np.float64]:
        values = np.tile(_NO_DYNAMICS[:, None], LANES)
        for lane, strip in self.members:
            if strip.dynamics is not None:
                values[:, lane : lane + len(strip.sources)] = strip.dynamics[:, None]
        return values

    def gains(self) -> NDArray[np.float64]:
        table = np.zeros((len(self.targets), LANES))
        row = {target: place for place, target in enumerate(self.targets)}
        for lane, strip in self.members:
            for target, gains in zip(strip.targets, strip.gains, strict=True):
                if target in row:
                    table[row[target], lane : lane + len(gains)] += gains
        return table
