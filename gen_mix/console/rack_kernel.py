"""The inner loops of many strips: filters, compressor and mixing, eight channels side by side.

A piece of eight channels short enough for the processor's first cache passes all that its strips do before the next
piece is touched. Filters and the compressor's recursion have float64 state: float32 costs 27 dB at 20 Hz, and a slow
release would stop moving before it has arrived. Everything else is float32.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gen_mix.console.approximation import exp2, log2
from gen_mix.console.simd import (
    LANES,
    absolute,
    as_float32,
    as_float64,
    load,
    multiply_add,
    splat,
    store,
    swap_pairs,
    transpose,
    where,
)

TAPS = 4 * LANES
"""Numbers of a filter, each for all lanes: b1 / b0, b2 / b0, -a1, -a2."""

FILTER_STATE = 2 * LANES
KNOBS = 6 * LANES
"""Numbers of a compressor: half the knee less the threshold, slope, knee, 1 / (2 knee), attack, release; in octaves."""

_PIECE = 128  # samples; 8 KB of float64 for eight channels
_FLUSH_BELOW = 1e-100  # far below any sound, far above the denormal numbers that slow a processor down


class Groups(NamedTuple):
    """Groups of eight lanes, a channel of a strip each; ragged rows lie one behind the other.

    Attributes:
        source: Row of the input that each lane reads, (groups · 8,).
        is_pair: 1.0 in lanes whose neighbour is the other channel of the same strip, (groups · 8,).
        first_filter: Where in `taps` the filters of each group begin, (groups + 1,).
        taps: (filters · TAPS,).
        levels: Product of the b0 of all filters of a lane, (groups · 8,).
        has_dynamics: Whether any lane of a group has a compressor, (groups,).
        knobs: (groups · KNOBS,).
        first_target: Where in `targets` those of each group begin, (groups + 1,).
        targets: Rows of the output that a group adds to.
        gains: How much of each lane goes there, (targets · 8,).
    """

    source: NDArray[np.int64]
    is_pair: NDArray[np.float32]
    first_filter: NDArray[np.int64]
    taps: NDArray[np.float64]
    levels: NDArray[np.float64]
    has_dynamics: NDArray[np.bool_]
    knobs: NDArray[np.float64]
    first_target: NDArray[np.int64]
    targets: NDArray[np.int64]
    gains: NDArray[np.float32]


class State(NamedTuple):
    """What groups remember from sample to sample.

    Attributes:
        filters: (filters · FILTER_STATE,).
        gains: Of the compressors, in octaves, (groups · 8,).
    """

    filters: NDArray[np.float64]
    gains: NDArray[np.float64]


@njit(cache=True, nogil=True)
def run_groups(
    groups: Groups, state: State, first: int, last: int, source: NDArray[np.float32], out: NDArray[np.float32]
) -> None:
    """Fill `out` with what groups `first` to `last` - 1 make of `source`, and move their state on.

    Args:
        groups: What they are.
        state: Changed.
        first: First group.
        last: The one behind the last.
        source: (rows, samples), samples a multiple of 8.
        out: (rows, samples).
    """
    samples = source.shape[1]
    heard = source.reshape(-1)
    mixed = out.reshape(-1)
    piece = np.empty(_PIECE * LANES)
    rounded = np.empty(_PIECE * LANES, np.float32)
    target = np.empty(_PIECE * LANES, np.float32)
    for start in range(0, samples, _PIECE):
        length = min(_PIECE, samples - start)
        out[:, start : start + length] = 0
        for group in range(first, last):
            _gather(heard, samples, start, length, groups.source, group, piece)
            for place in range(groups.first_filter[group], groups.first_filter[group + 1]):
                _filter(piece, length, groups.taps, place, state.filters)
            _round(piece, length, groups.levels, group, rounded)
            if groups.has_dynamics[group]:
                _aim(rounded, length, groups.knobs, groups.is_pair, group, target)
                _follow(rounded, length, groups.knobs, group, target, state.gains)
            _mix(rounded, length, groups, group, mixed, samples, start)


@njit(nogil=True)
def _gather(
    heard: Any, samples: int, start: int, length: int, source: NDArray[np.int64], group: int, piece: Any
) -> None:
    """Fill `piece` with the channels of a group, sample by sample."""
    row = np.empty(LANES, np.int64)
    for lane in range(LANES):
        row[lane] = source[group * LANES + lane] * samples + start
    for sample in range(0, length, LANES):
        columns = transpose(
            load(heard, row[0] + sample),
            load(heard, row[1] + sample),
            load(heard, row[2] + sample),
            load(heard, row[3] + sample),
            load(heard, row[4] + sample),
            load(heard, row[5] + sample),
            load(heard, row[6] + sample),
            load(heard, row[7] + sample),
        )
        for place in range(LANES):
            store(piece, (sample + place) * LANES, as_float64(columns[place]))


@njit(nogil=True)
def _filter(piece: Any, length: int, taps: Any, place: int, state: Any) -> None:
    """Send `piece` through a biquad of b0 = 1, in direct form II: the form with the fewest products."""
    tap, memory = place * TAPS, place * FILTER_STATE
    b1, b2 = load(taps, tap), load(taps, tap + LANES)
    a1, a2 = load(taps, tap + 2 * LANES), load(taps, tap + 3 * LANES)
    last, before = load(state, memory), load(state, memory + LANES)
    for sample in range(0, length * LANES, LANES):
        now = multiply_add(a1, last, multiply_add(a2, before, load(piece, sample)))
        store(piece, sample, multiply_add(b1, last, multiply_add(b2, before, now)))
        last, before = now, last
    store(state, memory, _flushed(last))
    store(state, memory + LANES, _flushed(before))


@njit(nogil=True, inline="always")
def _flushed(x: Any) -> Any:
    return where(absolute(x) < splat(_FLUSH_BELOW), splat(0.0), x)


@njit(nogil=True)
def _round(piece: Any, length: int, levels: Any, group: int, rounded: Any) -> None:
    """Write `piece` at its level, as float32."""
    level = load(levels, group * LANES)
    for sample in range(0, length * LANES, LANES):
        store(rounded, sample, as_float32(level * load(piece, sample)))


@njit(nogil=True)
def _aim(piece: Any, length: int, knobs: Any, is_pair: Any, group: int, target: Any) -> None:
    """Write the gain in octaves that the compressors of a group would end up with, sample by sample.

    Apart from the recursion, so that the processor has several samples in its hands at once. Silence needs no care:
    what `log2` makes of it, -127 or so, is below every threshold.
    """
    knob = group * KNOBS
    corner, slope = as_float32(load(knobs, knob)), as_float32(load(knobs, knob + LANES))
    knee, half_by_knee = as_float32(load(knobs, knob + 2 * LANES)), as_float32(load(knobs, knob + 3 * LANES))
    nothing = splat(np.float32(0))
    has_partner = nothing < load(is_pair, group * LANES)
    for sample in range(0, length * LANES, LANES):
        peak = absolute(load(piece, sample))
        partner = where(has_partner, swap_pairs(peak), peak)
        above = log2(where(peak < partner, partner, peak)) + corner
        above = where(above < nothing, nothing, above)
        inside = where(above < knee, above, knee)
        store(target, sample, slope * (multiply_add(inside * inside, half_by_knee, above) - inside))


@njit(nogil=True)
def _follow(piece: Any, length: int, knobs: Any, group: int, target: Any, state: Any) -> None:
    """Turn `piece` down by the gain that follows `target`, at one speed when it falls and another when it rises."""
    attack, release = load(knobs, group * KNOBS + 4 * LANES), load(knobs, group * KNOBS + 5 * LANES)
    gain = load(state, group * LANES)
    for sample in range(0, length * LANES, LANES):
        distance = as_float64(load(target, sample)) - gain
        gain = multiply_add(where(distance < splat(0.0), attack, release), distance, gain)
        store(piece, sample, load(piece, sample) * exp2(as_float32(gain)))
    store(state, group * LANES, _flushed(gain))


@njit(nogil=True)
def _mix(piece: Any, length: int, groups: Groups, group: int, mixed: Any, samples: int, start: int) -> None:
    """Add the lanes of `piece` to the rows where they go."""
    for sample in range(0, length, LANES):
        lanes = transpose(
            load(piece, sample * LANES),
            load(piece, (sample + 1) * LANES),
            load(piece, (sample + 2) * LANES),
            load(piece, (sample + 3) * LANES),
            load(piece, (sample + 4) * LANES),
            load(piece, (sample + 5) * LANES),
            load(piece, (sample + 6) * LANES),
            load(piece, (sample + 7) * LANES),
        )
        for target in range(groups.first_target[group], groups.first_target[group + 1]):
            total = lanes[0] * splat(groups.gains[target * LANES])
            for lane in range(1, LANES):
                total = multiply_add(lanes[lane], splat(groups.gains[target * LANES + lane]), total)
            place = groups.targets[target] * samples + start + sample
            store(mixed, place, load(mixed, place) + total)
