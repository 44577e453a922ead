"""Mixes block by block: songs of any length in bounded memory, all processors of the machine at work."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain, pairwise, repeat

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gen_mix.console.checks import check_settings
from gen_mix.console.convolution import STEP
from gen_mix.console.patch import BUS_ROWS, DRY, SENDS, fed_buses, master_strips, track_strips
from gen_mix.console.rack import build_rack
from gen_mix.console.returns import effects_of
from gen_mix.console.simd import LANES
from gen_mix.console.switches import Switches, chosen_tracks
from gen_mix.mix import MixParameters

BLOCK = STEP
"""Samples of every block of a stream but the last."""

_STAGES = 4  # arriving, strips, effects, masters
_MASTERS = LANES // 2  # that run side by side

Block = Sequence[Tensor]
"""What all tracks hold in one stretch of time: (1 or 2, samples) each."""


class ConsoleStream:
    """Some mixes of the same tracks, from rest; what has passed is remembered as far as it is still heard.

    While a block comes in, the strips of the one before, the effects of the one before that and the masters of the one
    before those are at work, so that even one mix has work for several threads; between blocks nothing is left to do.
    All is copied and added by numpy: behind a copy by torch, torch's own threads wait for more to do, on the processors
    that these need. A mix has the same samples alone and among others, in whatever number of threads.
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
        paired = [count == 2 for count in channels]
        strips = track_strips(exact, paired, self._first_row[:-1], sample_rate)
        self._strips = build_rack(strips, silent_row=self._first_row[-1])
        self._parts = _parts(self._strips.first_group)
        sources = [BUS_ROWS * mix for mix in range(self._mixes)]
        masters = master_strips(exact, sources, [2 * (mix % _MASTERS) for mix in range(self._mixes)], sample_rate)
        together = [masters[mix : mix + _MASTERS] for mix in range(0, self._mixes, _MASTERS)]
        self._masters = build_rack(together, silent_row=BUS_ROWS * len(self._parts))
        self._strip_state, self._master_state = self._strips.at_rest(), self._masters.at_rest()
        effects = [effects_of(exact[mix], fed_buses(own), sample_rate) for mix, own in enumerate(strips)]
        self._effects = {
            (mix, bus): of_mix[bus] for bus in SENDS for mix, of_mix in enumerate(effects) if bus in of_mix
        }

    def __call__(self, blocks: Iterable[Block], outputs: Iterable[Tensor] | None = None) -> Iterator[Tensor]:
        """Yield what comes out of the master buses in each of `blocks`: (mixes, 2, samples), float32.

        Args:
            blocks: All tracks in stretches of `BLOCK` samples; only the last may be shorter.
            outputs: What is filled and yielded, one for each block; new memory by default.

        Raises:
            ValueError: A block has other tracks than were announced, or another length.
        """
        spare = [_Passing(self._first_row[-1], self._mixes, len(self._parts), self._effects) for _ in range(_STAGES)]
        passing: deque[_Passing | None] = deque([None] * _STAGES, maxlen=_STAGES)
        threads = torch.get_num_threads()
        coming = zip(blocks, repeat(None) if outputs is None else outputs, strict=outputs is not None)
        with ThreadPoolExecutor(threads) as pool:
            for pair in chain(coming, repeat(None, _STAGES - 1)):
                passing.appendleft(None if pair is None else self._begun(*pair, spare.pop()))
                tasks = iter(self._tasks(passing))
                for _ in pool.map(_work, [tasks] * threads):
                    pass
                if (finished := passing[-1]) is not None:
                    yield torch.from_numpy(finished.output)
                    spare.append(finished)

    def _begun(self, block: Block, output: Tensor | None, passing: "_Passing") -> "_Passing":
        """Return `passing` ready to take `block` in."""
        shapes = [tuple(track.shape) for track in block]
        samples = shapes[0][1] if shapes and len(shapes[0]) == 2 else 0
        if shapes != [(2 if stereo else 1, samples) for stereo in self._is_stereo] or not 0 < samples <= BLOCK:
            raise ValueError(f"expected {len(self._is_stereo)} tracks of up to {BLOCK} samples, got {shapes}")
        passing.begin(
            [block[place].detach().numpy() for place in self._places],
            np.empty((self._mixes, 2, samples), np.float32) if output is None else output.numpy(),
        )
        return passing

    def _tasks(self, passing: Sequence["_Passing | None"]) -> list[Callable[[], None]]:
        """Return what can be done at the same time for the newest block and those before; what takes long first."""
        arriving, strips, effects, masters = passing
        tasks: list[Callable[[], None]] = []
        if strips is not None:
            tasks += [partial(self._run_strips, strips, part) for part in range(len(self._parts))]
        if masters is not None:
            tasks += [partial(self._run_masters, masters, first) for first in range(0, self._mixes, _MASTERS)]
        if arriving is not None:
            tasks.append(partial(arriving.take_in, self._first_row))
        if effects is not None:
            tasks += [partial(self._run_effect, effects, mix, bus) for mix, bus in self._effects]
        return tasks

    def _run_strips(self, passing: "_Passing", part: int) -> None:
        rows = passing.buses[BUS_ROWS * part : BUS_ROWS * (part + 1)]
        self._strips.run(self._strip_state, self._parts[part].groups, passing.source, rows)

    def _run_effect(self, passing: "_Passing", mix: int, bus: str) -> None:
        first, *others = self._sent(passing, mix, SENDS[bus])
        self._effects[mix, bus](sum(others, start=first), passing.returns[mix, bus])

    def _run_masters(self, passing: "_Passing", first: int) -> None:
        mixes = slice(first, min(first + _MASTERS, self._mixes))
        for mix in range(mixes.start, mixes.stop):
            total, *others = self._sent(passing, mix, DRY)
            for added in (*others, *(passing.returns[mix, bus] for bus in SENDS if (mix, bus) in self._effects)):
                total += added
        group = first // _MASTERS
        mixed = passing.mixed[mixes]
        self._masters.run(
            self._master_state, range(group, group + 1), passing.buses, mixed.reshape(-1, mixed.shape[-1])
        )
        passing.output[mixes] = mixed[..., : passing.output.shape[-1]]

    def _sent(self, passing: "_Passing", mix: int, rows: slice) -> list[NDArray[np.float32]]:
        """Return what each part of a mix sent to some bus rows."""
        parts = [place for place, part in enumerate(self._parts) if part.mix == mix]
        return [passing.buses[BUS_ROWS * part + rows.start : BUS_ROWS * part + rows.stop] for part in parts]


def _work(tasks: Iterator[Callable[[], None]]) -> None:
    """Do one task after the other, of those that several threads share."""
    for task in tasks:
        task()


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

    def __init__(self, input_rows: int, mixes: int, parts: int, effects: Iterable[tuple[int, str]]) -> None:
        self._source = np.zeros((input_rows + 1, BLOCK), np.float32)
        self._buses = np.zeros((parts * BUS_ROWS + 1, BLOCK), np.float32)
        self._mixed = np.empty((mixes, 2, BLOCK), np.float32)
        self._returns = {effect: np.empty((2, BLOCK), np.float32) for effect in effects}

    def begin(self, block: Sequence[NDArray[np.float32]], output: NDArray[np.float32]) -> None:
        """Make room for a block (channels, samples) of each audible track, filled up to whole vectors with silence.

        Args:
            block: Not looked at before `take_in`.
            output: For what it becomes, (mixes, 2, samples).
        """
        self._block, self.output = block, output
        length = -(-output.shape[-1] // LANES) * LANES
        self.source, self.buses, self.mixed = (
            np.ascontiguousarray(rows[..., :length]) for rows in (self._source, self._buses, self._mixed)
        )
        self.returns = {effect: np.ascontiguousarray(rows[:, :length]) for effect, rows in self._returns.items()}

    def take_in(self, first_row: Sequence[int]) -> None:
        """Copy the tracks to the rows of `source` that begin at `first_row`."""
        samples = self.output.shape[-1]
        for track, first, last in zip(self._block, first_row, first_row[1:], strict=False):
            self.source[first:last, :samples] = track
        self.source[:, samples:] = 0


def blocks_of(tracks: Sequence[Tensor]) -> Iterator[Block]:
    """Yield tracks (channels, samples) of one length in blocks of `BLOCK` samples, the last one shorter."""
    for start in range(0, tracks[0].shape[1], BLOCK):
        yield [track[:, start : start + BLOCK] for track in tracks]
