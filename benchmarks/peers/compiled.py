"""What `torch.compile` does for the part of the differentiable path that is torch's own: the response of the reverb.

Everything else that takes time is compiled by Numba already and would only break the graph.
"""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import torch
from torch import Tensor

from gen_mix.console.reverb import Room, response_pair
from peers.work import RATE

_REPEATS = 5
_ROOM = (20.0, 1.5, 6000.0, 100.0)  # pre-delay in ms, decay in s, damping and low cut in Hz


@dataclass(frozen=True)
class Compiled:
    """Seconds of one response, forward and backward, with and without `torch.compile`; of the first call with it."""

    eager: float
    compiled: float
    first: float


def compile_response() -> Compiled | None:
    """Return what was measured; None without a compiler for C++, which `torch.compile` needs on a CPU."""
    if shutil.which("g++") is None and shutil.which("clang++") is None:
        return None
    compiled = torch.compile(response_pair)
    _seconds(response_pair)
    first = _seconds(compiled)
    turns = [(_seconds(response_pair), _seconds(compiled)) for _ in range(_REPEATS)]
    return Compiled(median(eager for eager, _ in turns), median(fast for _, fast in turns), first)


def _seconds(response: Callable[[Room, int], Tensor]) -> float:
    knobs = [torch.tensor(value, requires_grad=True) for value in _ROOM]
    start = time.perf_counter()
    response(Room(*knobs), RATE).square().sum().backward()
    return time.perf_counter() - start
