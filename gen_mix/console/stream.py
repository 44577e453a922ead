"""Mixes block by block: songs of any length in bounded memory, all processors of the machine at work."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain, pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gen_mix.console.checks import check_settings
from gen_mix.console.convolution import PART
from gen_mix.console.patch import BUS_ROWS, DRY, SENDS, fed_buses, master_strip, track_strips
from gen_mix.console.rack import build_rack
from gen_mix.console.returns import effects_of
from gen_mix.console.simd import LANES
from gen_mix.console.switches import Switches, chosen_tracks
from gen_mix.mix import MixParameters

BLOCK = 4 * PART
"""Samples of every block of a stream but the last."""

_MASTERS = LANES // 2  # that run side by side

Block = Sequence[Tensor]
"""What all tracks hold in one stretch of time: (1 or 2, samples) each."""


class ConsoleStream:
    """Some mixes of the same tracks, from rest; what has passed is remembered as far as it is still heard.

    The strips of a block, the effects of the one before and the masters of the one before that run at the same time, so
    that even one mix has work for several threads. Between them numpy copies and adds: behind a copy by torch, torch's
    own threads wait for more to do, on the processors that these need. A mix has the same samples alone and among
    others, in whatever number of threads.
    """

    def __init__(
        self,
        parameters: MixParameters,
        is_stereo: Sequence[bool],
        sample_rate: int,
        switches: Switches | None = None,
    ) -> None:
        """Take the settings of some mixes for tracks that are stereo or not.

        Args:
            parameters: Of some mixes; token 3 + i is track i. Further tokens are padding.
            is_stereo: Of each track.
            sample_rate: In Hz.
            switches: What is heard; everything by default.

        Raises:
            ValueError: A setting is out of range, the numbers of tracks differ, the rate is not positive, or `switches`
                name a track that is not there.
        """
        check_settings(parameters, len(is_stereo), sample_rate)
        heard = switches or Switches()
        self._is_stereo = tuple(is_stereo)
        self._places = heard.audible(len(is_stereo))
        chosen = chosen_tracks(heard.applied(parameters), self._places)
        exact = MixParameters(chosen.normalized.double().cpu().clamp(0, 1), chosen.mask.cpu())
        channels = [2 if is_stereo[place] else 1 for place in self._places]
        self._first_row = np.cumsum([0, *channels]).tolist()
        self._mixes = len(parameters)
        mixes = [exact[mix] for mix in range(self._mixes)]
        paired = [count == 2 for count in channels]
        strips = [track_strips(mix, paired, self._first_row[:-1], sample_rate) for mix in mixes]
        masters = [master_strip(mix, 2 * place, sample_rate) for place, mix in enumerate(mixes)]
        self._strips = build_rack(strips, silent_row=self._first_row[-1])
        together = [masters[mix : mix + _MASTERS] for mix in range(0, self._mixes, _MASTERS)]
        self._masters = build_rack(together, silent_row=2 * self._mixes)
        self._strip_state, self._master_state = self._strips.at_rest(), self._masters.at_rest()
        self._effects = {
            (mix, bus): effect
            for mix in range(self._mixes)
            for bus, effect in effects_of(exact[mix], fed_buses(strips[mix]), sample_rate).items()
        }
        self._parts = _parts(self._strips.first_group)

    def __call__(self, blocks: Iterable[Block]) -> Iterator[Tensor]:
        """Yield what comes out of the master buses in each of `blocks`: (mixes, 2, samples), float32.

        Args:
            blocks: All tracks in stretches of `BLOCK` samples; only the last may be shorter.

        Raises:
            ValueError: A block has other tracks than were announced, or another length.
        """
        spare = [_Passing(self._first_row[-1], self._mixes, len(self._parts), list(self._effects)) for _ in range(3)]
        passing: deque[_Passing | None] = deque([None] * 3, maxlen=3)
        with ThreadPoolExecutor(torch.get_num_threads()) as pool:
            for block in chain(blocks, (None, None)):
                passing.appendleft(None if block is None else self._enter(block, spare.pop()))
                for _ in pool.map(lambda task: task(), self._tasks(passing)):
                    pass
                if (finished := passing[2]) is not None:
                    heard = finished.mixed[:, : finished.samples].copy()
                    yield torch.from_numpy(heard.reshape(self._mixes, 2, -1))
                    spare.append(finished)

    def _enter(self, block: Block, passing: "_Passing") -> "_Passing":
        """Return `passing` with the audible tracks of `block` in it."""
        shapes = [tuple(track.shape) for track in block]
        samples = shapes[0][1] if shapes and len(shapes[0]) == 2 else 0
        if shapes != [(2 if stereo else 1, samples) for stereo in self._is_stereo] or not 0 < samples <= BLOCK:
            raise ValueError(f"expected {len(self._is_stereo)} tracks of up to {BLOCK} samples, got {shapes}")
        passing.begin(samples)
        for place, first, last in zip(self._places, self._first_row, self._first_row[1:], strict=False):
            passing.source[first:last, :samples] = block[place].detach().numpy()
        return passing

    def _tasks(self, passing: Sequence["_Passing | None"]) -> list[Callable[[], None]]:
        """Return what can be done at the same time for the block that came in and the two before."""
        strips, effects, masters = passing
        tasks: list[Callable[[], None]] = []
        if effects is not None:
            tasks += [partial(self._run_effect, effects, mix, bus) for mix, bus in self._effects]
        if masters is not None:
            tasks += [partial(self._run_masters, masters, first) for first in range(0, self._mixes, _MASTERS)]
        if strips is not None:
            tasks += [partial(self._run_strips, strips, part) for part in range(len(self._parts))]
        return tasks

    def _run_strips(self, passing: "_Passing", part: int) -> None:
        self._strips.run(self._strip_state, self._parts[part].groups, passing.source, passing.buses[part])

    def _run_effect(self, passing: "_Passing", mix: int, bus: str) -> None:
        self._effects[mix, bus](self._sum(passing, mix, SENDS[bus]), passing.returns[mix, bus])

    def _run_masters(self, passing: "_Passing", first: int) -> None:
        for mix in range(first, min(first + _MASTERS, self._mixes)):
            total = passing.dry[2 * mix : 2 * mix + 2]
            total[:] = self._sum(passing, mix, DRY)
            for bus in SENDS:
                if (mix, bus) in self._effects:
                    total += passing.returns[mix, bus]
        group = first // _MASTERS
        self._masters.run(self._master_state, range(group, group + 1), passing.dry, passing.mixed)

    def _sum(self, passing: "_Passing", mix: int, rows: slice) -> NDArray[np.float32]:
        """Return what the strips of a mix sent to some bus rows."""
        first, *others = (
            buses[rows] for part, buses in zip(self._parts, passing.buses, strict=True) if part.mix == mix
        )
        return sum(others, start=first)


@dataclass(frozen=True)
class _Part:
    """Groups of strips of one mix that run one after the other."""

    mix: int
    groups: range


def _parts(first_group: Sequence[int]) -> list[_Part]:
    """Return what runs side by side: a mix each, or the groups of the only one; no more memory than that is needed."""
    if len(first_group) > 2:
        return [_Part(mix, range(first, last)) for mix, (first, last) in enumerate(pairwise(first_group))]
    return [_Part(0, range(group, group + 1)) for group in range(first_group[-1])] or [_Part(0, range(0))]


class _Passing:
    """A block on its way through the console; the memory is used again for later ones."""

    def __init__(self, input_rows: int, mixes: int, parts: int, effects: Sequence[tuple[int, str]]) -> None:
        self._source = np.zeros((input_rows + 1, BLOCK), np.float32)
        self._buses = np.empty((parts, BUS_ROWS, BLOCK), np.float32)
        self._dry = np.zeros((2 * mixes + 1, BLOCK), np.float32)
        self._mixed = np.empty((2 * mixes, BLOCK), np.float32)
        self._returns = {effect: np.empty((2, BLOCK), np.float32) for effect in effects}

    def begin(self, samples: int) -> None:
        """Make room for a block of `samples`, filled up to whole vectors with silence."""
        self.samples = samples
        length = -(-samples // LANES) * LANES
        self.source, self.dry, self.mixed = (
            np.ascontiguousarray(rows[:, :length]) if length < BLOCK else rows
            for rows in (self._source, self._dry, self._mixed)
        )
        self.returns = {effect: np.ascontiguousarray(rows[:, :length]) for effect, rows in self._returns.items()}
        self.buses = [np.ascontiguousarray(rows[:, :length]) if length < BLOCK else rows for rows in self._buses]
        self.source[:, samples:] = 0
        for rows in (*self.buses, self.mixed):
            rows.fill(0)


def blocks_of(tracks: Sequence[Tensor]) -> Iterator[Block]:
    """Yield tracks (channels, samples) of one length in blocks of `BLOCK` samples, the last one shorter."""
    for start in range(0, tracks[0].shape[1], BLOCK):
        yield [track[:, start : start + BLOCK] for track in tracks]
