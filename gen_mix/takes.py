"""Stereo audio that is read piece by piece: out of memory, or out of a temporary file if it is long."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

PIECE = 1 << 16
"""Samples that are read at once."""

_BYTES = 8  # of a sample in a file: two float32


class Take(Protocol):
    """Stereo audio of a known length."""

    @property
    def samples(self) -> int:
        """Length in samples."""

    def read(self, first: int, last: int) -> Tensor:
        """Return samples `first` to `last` - 1, (2, last - first), float32; there is silence before and behind."""


def pieces(samples: int) -> Iterator[tuple[int, int]]:
    """Yield where each piece of `samples` begins and ends."""
    for first in range(0, samples, PIECE):
        yield first, min(first + PIECE, samples)


@dataclass(frozen=True)
class MemoryTake:
    """Audio in memory, (2, samples)."""

    audio: Tensor

    @property
    def samples(self) -> int:
        """Length in samples."""
        return self.audio.shape[1]

    def read(self, first: int, last: int) -> Tensor:
        """Return a piece, as `Take` says."""
        inside = self.audio[:, max(first, 0) : last]
        missing = (max(-first, 0), max(last - self.samples, 0))
        return pad(inside, missing) if any(missing) else inside


class FileTake:
    """Audio in a temporary file that is gone when nobody holds it any more."""

    def __init__(self, blocks: Iterable[Tensor]) -> None:
        """Keep the audio of `blocks`, (2, samples) each, one behind the other."""
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  closed by `__exit__`, or when nobody holds it
        for block in blocks:
            self._file.write(block.detach().float().T.contiguous().numpy().tobytes())
        self._file.flush()

    def __enter__(self) -> Self:
        """Return itself; at the end the file is closed."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close the file."""
        self._file.close()

    @property
    def samples(self) -> int:
        """Length in samples."""
        return os.fstat(self._file.fileno()).st_size // _BYTES

    def read(self, first: int, last: int) -> Tensor:
        """Return a piece, as `Take` says."""
        begin, end = max(first, 0), min(last, self.samples)
        data = os.pread(self._file.fileno(), (end - begin) * _BYTES, begin * _BYTES)
        frames = torch.from_numpy(np.frombuffer(data, np.float32).reshape(-1, 2).T.copy())
        return pad(frames, (begin - first, last - end)) if begin > first or end < last else frames
