"""Echo: a feedback delay with a high cut in its loop.

Sum and difference of the channels have a loop each; ping-pong changes the sign of the difference at every turn. Whole
delays are exact; between two samples a cubic interpolates, so the time has a gradient. (A shift of phase would be exact
there too, but it also rings before the echo.)
"""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from gen_mix.console.filters import low_pass
from gen_mix.console.knobs import Knobs
from gen_mix.console.loop_kernels import TAPS, run_loop, run_loop_backwards


def echo(audio: Tensor, knobs: Knobs, sample_rate: int) -> Tensor:
    """Return the echoes of `audio`, without the dry sound.

    The first comes after ``time_ms`` as loud as the input, every next one `feedback` times as loud; each turn passes
    the high cut, a Butterworth low-pass of 12 dB per octave. At ping-pong 1 the sum of both channels goes in
    on the left and the echoes change sides.

    Args:
        audio: (2, samples).
        knobs: Of the delay bus.
        sample_rate: In Hz.

    Returns:
        (2, samples).
    """
    return echoes(audio[None], [knobs], sample_rate)[0]


def echoes(audio: Tensor, knobs: Sequence[Knobs], sample_rate: int) -> Tensor:
    """Return the echoes of some mixes, as `echo` does, side by side: (mixes, 2, samples) as `audio`."""
    fed = torch.stack(
        [_feed(sent.double(), of_mix.value("ping_pong")) for sent, of_mix in zip(audio, knobs, strict=True)]
    )
    numbers = torch.cat([_loops(of_mix, sample_rate) for of_mix in knobs])
    lags = [_delay_samples(of_mix, sample_rate)[0] - 1 for of_mix in knobs for _ in range(2)]
    both, apart = _Loops.apply(fed.flatten(0, 1), numbers, lags).unflatten(0, (-1, 2)).unbind(1)
    return torch.stack([both + apart, both - apart], dim=1).to(audio.dtype)


def _feed(audio: Tensor, ping_pong: Tensor) -> Tensor:
    """Return what enters the loops, half the sum and half the difference of the lines (2, samples).

    Into the lines go both channels, or the more ping-pong the more of all on the left.
    """
    left = (1 - ping_pong) * audio[0] + ping_pong * (audio[0] + audio[1]) / math.sqrt(2)
    right = (1 - ping_pong) * audio[1]
    return torch.stack([left + right, left - right]) / 2


def _loops(knobs: Knobs, sample_rate: int) -> Tensor:
    """Return weights, high cut and gain of the loops for sum and difference (2, 11), as `run_loop` takes them."""
    shared = torch.cat([
        torch.stack(cubic_taps(_delay_samples(knobs, sample_rate)[1])),
        low_pass(knobs.value("high_cut_hz"), sample_rate),
    ])  # fmt: skip
    feedback = knobs.value("feedback")
    gains = torch.stack([feedback, feedback * (1 - 2 * knobs.value("ping_pong"))])
    return torch.cat([shared.expand(2, -1), gains[:, None]], dim=1)


def _delay_samples(knobs: Knobs, sample_rate: int) -> tuple[int, Tensor]:
    """Return the delay in whole samples, and what is left of it."""
    delay = knobs.value("time_ms") * (sample_rate / 1000)
    whole = math.floor(delay.item())
    return whole, delay - whole


class _Loops(torch.autograd.Function):
    """Loops side by side: from what is fed (loops, samples) and their numbers (loops, 11) to what is heard."""

    @staticmethod
    def forward(ctx: Any, fed: Tensor, numbers: Tensor, lags: Sequence[int]) -> Tensor:
        ctx.lags = lags
        heard = torch.empty_like(fed, device="cpu")

        def run(loop: int) -> None:
            row = numbers[loop].detach().cpu().numpy()
            heard[loop] = torch.from_numpy(
                run_loop(_array(fed[loop]), lags[loop], row[:TAPS], row[TAPS:-1], float(row[-1]))
            )

        _side_by_side(run, len(lags))
        ctx.save_for_backward(fed, numbers, heard)
        return heard.to(fed.device)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        fed, numbers, heard = ctx.saved_tensors
        to_fed, to_numbers = torch.empty_like(heard), torch.zeros_like(numbers, device="cpu")

        def run(loop: int) -> None:
            row = numbers[loop].detach().cpu().numpy()
            run_loop_backwards(
                _array(fed[loop]), ctx.lags[loop], row[:TAPS], row[TAPS:-1], float(row[-1]), _array(heard[loop]),
                _array(gradient[loop]), to_fed[loop].numpy(), to_numbers[loop].numpy(),
            )  # fmt: skip

        _side_by_side(run, len(ctx.lags))
        return to_fed.to(fed), to_numbers.to(numbers), None


def _array(tensor: Tensor) -> np.ndarray:
    return np.ascontiguousarray(tensor.detach().cpu().numpy())


def _side_by_side(run: Callable[[int], None], loops: int) -> None:
    with ThreadPoolExecutor(torch.get_num_threads()) as threads:
        list(threads.map(run, range(loops)))


def cubic_taps(part: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the weights of a delay of -1, 0, 1 and 2 samples that make one of `part`, 0 to 1: Lagrange's cubic."""
    return (
        -part * (part - 1) * (part - 2) / 6,
        (part + 1) * (part - 1) * (part - 2) / 2,
        -(part + 1) * part * (part - 2) / 2,
        (part + 1) * part * (part - 1) / 6,
    )
