"""What reverb and delay of one mix give back, block by block."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gen_mix.console.convolution import Convolver
from gen_mix.console.echo_line import EchoLine
from gen_mix.console.knobs import Knobs, bus_knobs
from gen_mix.console.layout import DELAY, REVERB
from gen_mix.console.room_response import room_response
from gen_mix.mix import MixParameters

Effect = Callable[[NDArray[np.float32], NDArray[np.float32]], None]
"""From the next samples (2, samples) of a send, fills those that come back; it remembers what went before."""


class ReverbReturn:
    """The reverberation of one stereo stream, from rest.

    The room is built when it is first heard: that takes a while, and many rooms are then built side by side.
    """

    def __init__(self, knobs: Knobs, sample_rate: int) -> None:
        """Take the knobs of the reverb bus and the rate in Hz."""
        self._width = knobs.value("width").item()
        self._build = lambda: Convolver(room_response(knobs, sample_rate))
        self._convolver: Convolver | None = None

    def __call__(self, audio: NDArray[np.float32], heard: NDArray[np.float32]) -> None:
        """Fill `heard` (2, samples), for the next of the input; all blocks but the last fill whole parts."""
        self._convolver = self._convolver or self._build()
        self._convolver(audio, heard)
        angle = self._width * math.pi / 4  # as `reverb.narrow`
        mid, side = math.sqrt(0.5) * math.cos(angle), math.sqrt(0.5) * math.sin(angle)
        _narrow(heard, np.float32(mid), np.float32(side))


@njit(cache=True, nogil=True)
def _narrow(wet: NDArray[np.float32], mid: np.float32, side: np.float32) -> None:
    """Bring the channels of `wet` (2, samples) together."""
    for sample in range(wet.shape[1]):
        left, right = wet[0, sample], wet[1, sample]
        both, apart = mid * (left + right), side * (left - right)
        wet[0, sample] = both + apart
        wet[1, sample] = both - apart


def effects_of(parameters: MixParameters, buses: Sequence[str], sample_rate: int) -> dict[str, Effect]:
    """Return the effects of the first mix of `parameters`, on those of the two `buses` that are fed."""
    makers: dict[str, Callable[[Knobs, int], Effect]] = {REVERB: ReverbReturn, DELAY: EchoLine}
    return {bus: makers[bus](bus_knobs(parameters, bus), sample_rate) for bus in buses}
