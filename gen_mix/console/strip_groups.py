"""Strips packed into groups of vectors, as the kernels take them."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from gen_mix.console.simd import LANES
from gen_mix.console.strip_kernels import BLOCK

_CHUNK_NUMBERS = 1 << 20  # of all lanes together: 4 or 8 MB, which the processor's last cache holds
VARIABLE_TAPS = (0, 1, 2, 4, 5)  # of b0 b1 b2 a0 a1 a2, where a0 = 1
_PASSING = (1.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Lanes:
    """Strips that run side by side.

    Attributes:
        track: Number of the track that each reads, on the CPU (lanes,).
        mix: Number of the mix that each is added to, on the CPU (lanes,).
        sections: Filters (lanes, sections, 6) as in `filter_cascade`, float64.
        is_on: Which of them are passed (lanes, sections).
        dynamics: Threshold in dB, slope 1/ratio - 1, knee in dB above 0, attack and release as in `smooth_gain`,
            (lanes, 5), float64.
        compresses: Which lanes do (lanes,).
        gains: From the channels of a lane to the outputs of its mix (lanes, outputs, channels), float64.
        reaches: Which outputs a lane is added to (lanes, outputs); gains elsewhere are not read.
    """

    track: Tensor
    mix: Tensor
    sections: Tensor
    is_on: Tensor
    dynamics: Tensor
    compresses: Tensor
    gains: Tensor
    reaches: Tensor


@dataclass(frozen=True)
class Group:
    """Up to `LANES` lanes that need about the same work.

    Attributes:
        members: Numbers of the lanes.
        track: As in `run_forwards`.
        order: Which sections are passed, those that are on first (members, passed).
        is_on: Which of these are on; the others fill the gaps and do nothing (members, passed).
        taps: As in `run_forwards`.
        dynamics: As in `run_forwards`.
        compresses: As in `run_forwards`.
        marks: As in `run_forwards`.
    """

    members: np.ndarray
    track: np.ndarray
    order: np.ndarray
    is_on: np.ndarray
    taps: np.ndarray
    dynamics: np.ndarray
    compresses: bool
    marks: np.ndarray

    def marks_in(self, chunk: slice) -> np.ndarray:
        """Return the marks of the blocks of a chunk."""
        return self.marks[chunk.start // BLOCK : -(-chunk.stop // BLOCK)]


def _group(members: np.ndarray, lanes: Lanes, channels: int, blocks: int) -> Group:
    """Return lanes number `members` as a group, with room for the marks of so many blocks."""
    is_on = to_array(lanes.is_on)[members]
    passed = int(is_on.sum(axis=1).max(initial=0))
    order = np.argsort(~is_on, axis=1, kind="stable")[:, :passed]
    is_on = np.take_along_axis(is_on, order, axis=1)
    taps = np.take_along_axis(to_array(lanes.sections)[members], order[..., None], axis=1)[..., VARIABLE_TAPS]
    taps[~is_on] = _PASSING
    dynamics = np.zeros((LANES, 5))
    dynamics[:, 2] = 1.0  # a knee of 0 would be divided by
    dynamics[: members.size] = to_array(lanes.dynamics)[members]
    track = np.full(LANES, -1)
    track[: members.size] = to_array(lanes.track)[members]
    return Group(
        members=members,
        track=track,
        order=order,
        is_on=is_on,
        taps=_rows(taps.reshape(members.size, -1)),
        dynamics=_rows(dynamics),
        compresses=bool(to_array(lanes.compresses)[members].any()),
        marks=np.zeros((blocks, 2 * channels * passed + 1, LANES)),
    )


def to_array(tensor: Tensor) -> np.ndarray:
    """Return the numbers of a tensor as a contiguous array on the CPU."""
    return np.ascontiguousarray(tensor.detach().cpu().numpy())


def _rows(values: np.ndarray) -> np.ndarray:
    """Return numbers of some lanes (lanes, numbers) as rows of vectors (numbers, LANES)."""
    rows = np.zeros((values.shape[1], LANES))
    rows[:, : len(values)] = values.T
    return rows


@dataclass(frozen=True)
class Desk:
    """All lanes in their groups.

    Attributes:
        groups: At least one.
        lanes: Numbers of the lanes of each mix, in their order.
        track: Number of the track of each lane (lanes,).
        slots: Where each lane is among the groups' places (lanes,).
        gains: (lanes, outputs, channels) of the audio's type.
        reaches: (lanes, outputs).
        sections_shape: (lanes, sections, 6).
    """

    groups: tuple[Group, ...]
    lanes: tuple[np.ndarray, ...]
    track: np.ndarray
    slots: np.ndarray
    gains: np.ndarray
    reaches: np.ndarray
    sections_shape: tuple[int, ...]

    def chunks(self, channels: int, samples: int) -> list[slice]:
        """Return pieces of the time axis, in whole blocks, for which all lanes together fit the cache."""
        length = max(1, _CHUNK_NUMBERS // (len(self.groups) * LANES * channels * BLOCK)) * BLOCK
        return [slice(start, min(start + length, samples)) for start in range(0, samples, length)]

    def room(self, source: np.ndarray) -> np.ndarray:
        """Return room for what leaves the strips in one chunk, flat."""
        _, channels, samples = source.shape
        return np.zeros(len(self.groups) * LANES * channels * self.chunks(channels, samples)[0].stop, source.dtype)

    def cut(self, room: np.ndarray, channels: int, length: int) -> np.ndarray:
        """Return the beginning of `room` as (slots, channels, length)."""
        slots = len(self.groups) * LANES
        return room[: slots * channels * length].reshape(slots, channels, length)


def desk_of(lanes: Lanes, source: np.ndarray, mixes: int, keeps_marks: bool) -> Desk:
    """Return the desk for tracks `source`; lanes with about as much to do share a group."""
    _, channels, samples = source.shape
    work = to_array(lanes.is_on).sum(axis=1) + lanes.is_on.shape[1] * to_array(lanes.compresses)
    by_work = np.argsort(work, kind="stable")
    blocks = -(-samples // BLOCK) if keeps_marks else 0
    slots = np.empty_like(by_work)
    slots[by_work] = np.arange(by_work.size)
    return Desk(
        groups=tuple(
            _group(by_work[first : first + LANES], lanes, channels, blocks) for first in range(0, by_work.size, LANES)
        ),
        lanes=tuple(np.flatnonzero(to_array(lanes.mix) == mix) for mix in range(mixes)),
        track=to_array(lanes.track),
        slots=slots,
        gains=to_array(lanes.gains).astype(source.dtype),
        reaches=to_array(lanes.reaches),
        sections_shape=tuple(lanes.sections.shape),
    )
