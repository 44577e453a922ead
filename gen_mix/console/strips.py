"""Many strips at once, with gradients: every track through its filters, compressor and gains, added up mix by mix.

A strip of one mix is a lane; eight lanes are a group, and groups run on as many threads as torch has. All goes chunk by
chunk, so that what is between the stages stays in the processor's cache. For the gradient only the state at every
block is kept: the memory is that of the tracks and the sums, and little more for each strip. A lane's samples do not
depend on its group, and a mix adds its lanes in their order, so a mix has the same samples alone and in a batch.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from operator import call
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from gen_mix.console.mix_kernels import add_gains_gradient, add_lanes, mix_backwards, mix_forwards
from gen_mix.console.simd import LANES
from gen_mix.console.strip_groups import VARIABLE_TAPS, Desk, Lanes, desk_of, to_array
from gen_mix.console.strip_kernels import run_backwards, run_forwards


def mix_lanes(tracks: Tensor, lanes: Lanes, mixes: int) -> Tensor:
    """Return the sums of strips, from rest: (mixes, outputs, samples) of the type of `tracks`.

    Args:
        tracks: (tracks, 1 or 2, samples), float32 or float64.
        lanes: At least one; their channels are those of `tracks`.
        mixes: How many there are.
    """
    flat = _Lanes.apply(tracks, lanes.sections, lanes.dynamics, lanes.gains, lanes, mixes)
    assert isinstance(flat, Tensor)
    return flat


class _Lanes(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, tracks: Tensor, sections: Tensor, dynamics: Tensor, gains: Tensor, lanes: Lanes, mixes: int
    ) -> Tensor:
        source = to_array(tracks)
        desk = desk_of(lanes, source, mixes, keeps_marks=any(ctx.needs_input_grad))
        ctx.desk = desk
        ctx.save_for_backward(tracks, sections, dynamics, gains)
        return torch.from_numpy(_forwards(desk, source)).to(tracks.device)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        tracks, sections, dynamics, gains = ctx.saved_tensors
        slopes = _backwards(ctx.desk, to_array(tracks), to_array(gradient), ctx.needs_input_grad[0])
        return (
            torch.from_numpy(slopes.tracks).to(tracks) if ctx.needs_input_grad[0] else None,
            torch.from_numpy(slopes.sections).to(sections),
            torch.from_numpy(slopes.dynamics).to(dynamics),
            torch.from_numpy(slopes.gains).to(gains),
            None,
            None,
        )


def _of_group(number: int) -> slice:
    return slice(number * LANES, (number + 1) * LANES)


def _forwards(desk: Desk, source: np.ndarray) -> np.ndarray:
    """Return what `mix_lanes` does, and leave the marks."""
    _, channels, samples = source.shape
    out = np.zeros((len(desk.lanes), desk.gains.shape[1], samples), source.dtype)
    states = [np.zeros(group.marks.shape[1:]) for group in desk.groups]
    room = desk.room(source)
    with ThreadPoolExecutor(torch.get_num_threads()) as threads:
        for chunk in desk.chunks(channels, samples):
            part = np.ascontiguousarray(source[..., chunk])
            heard = desk.cut(room, channels, part.shape[2])
            strips = [
                partial(run_forwards, part, group.track, group.taps, group.dynamics, group.compresses, state,
                        group.marks_in(chunk), heard[_of_group(number)])
                for number, (group, state) in enumerate(zip(desk.groups, states, strict=True))
            ]  # fmt: skip
            sums = [
                partial(
                    mix_forwards, heard, desk.slots[lanes], desk.gains[lanes], desk.reaches[lanes], chunk.start, total
                )
                for lanes, total in zip(desk.lanes, out, strict=True)
            ]
            for work in (strips, sums):
                list(threads.map(call, work))
    return out


@dataclass(frozen=True)
class _Slopes:
    """Gradients of what `mix_lanes` takes, in its shapes; of the tracks only if asked for, else without samples."""

    tracks: np.ndarray
    sections: np.ndarray
    dynamics: np.ndarray
    gains: np.ndarray


@dataclass(frozen=True)
class _Found:
    """What going backwards through a group adds up: rows as the kernels have them."""

    adjoint: np.ndarray
    to_taps: np.ndarray
    to_dynamics: np.ndarray


def _backwards(desk: Desk, source: np.ndarray, gradient: np.ndarray, needs_tracks: bool) -> _Slopes:
    """Return the gradients, from that of the sums (mixes, outputs, samples)."""
    tracks, channels, samples = source.shape
    to_tracks = np.zeros((tracks, channels, samples if needs_tracks else 0), source.dtype)
    to_gains = [np.zeros((lanes.size, *desk.gains.shape[1:])) for lanes in desk.lanes]
    found_by_group = [
        _Found(np.zeros(group.marks.shape[1:]), np.zeros_like(group.taps), np.zeros_like(group.dynamics))
        for group in desk.groups
    ]
    room = desk.room(source)
    room_for_tracks = room.copy() if needs_tracks else room[:0]
    readers = [desk.slots[np.flatnonzero(desk.track == track)] for track in range(tracks)]
    with ThreadPoolExecutor(torch.get_num_threads()) as threads:
        for chunk in reversed(desk.chunks(channels, samples)):
            part = np.ascontiguousarray(source[..., chunk])
            heard = desk.cut(room, channels, part.shape[2])
            to_lanes = desk.cut(room_for_tracks, channels, part.shape[2] if needs_tracks else 0)
            spread = [
                partial(
                    mix_backwards, of_mix, desk.slots[lanes], desk.gains[lanes], desk.reaches[lanes], chunk.start, heard
                )
                for lanes, of_mix in zip(desk.lanes, gradient, strict=True)
            ]
            strips = [
                partial(run_backwards, part, group.track, group.taps, group.dynamics, group.compresses,
                        group.marks_in(chunk), found.adjoint, heard[_of_group(number)], found.to_taps,
                        found.to_dynamics, to_lanes[_of_group(number)])
                for number, (group, found) in enumerate(zip(desk.groups, found_by_group, strict=True))
            ]  # fmt: skip
            gains = [
                partial(add_gains_gradient, of_mix, desk.slots[lanes], desk.reaches[lanes], chunk.start, heard, found)
                for lanes, of_mix, found in zip(desk.lanes, gradient, to_gains, strict=True)
            ]
            sums = [
                partial(add_lanes, to_lanes, slots, chunk.start, total)
                for slots, total in zip(readers, to_tracks, strict=True)
            ]
            for work in (spread, strips, gains, sums if needs_tracks else []):
                list(threads.map(call, work))
    return _unpacked(desk, found_by_group, to_tracks, to_gains)


def _unpacked(
    desk: Desk, found_by_group: Sequence[_Found], to_tracks: np.ndarray, to_gains: Sequence[np.ndarray]
) -> _Slopes:
    """Return the gradients lane by lane."""
    sections, dynamics, gains = (
        np.zeros(desk.sections_shape),
        np.zeros((desk.slots.size, 5)),
        np.zeros(desk.gains.shape),
    )
    for group, found in zip(desk.groups, found_by_group, strict=True):
        count = group.members.size
        dynamics[group.members] = found.to_dynamics.T[:count]
        taps = found.to_taps.T[:count].reshape(count, -1, len(VARIABLE_TAPS))
        lane, place = np.nonzero(group.is_on)
        sections[group.members[lane][:, None], group.order[lane, place][:, None], VARIABLE_TAPS] = taps[lane, place]
    for lanes, found_gains in zip(desk.lanes, to_gains, strict=True):
        gains[lanes] = found_gains
    return _Slopes(to_tracks, sections, dynamics, gains)
