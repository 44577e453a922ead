"""The dasp-pytorch console in the order and with the settings of Diff-MST, mix by mix.

Gain, equalizer, compressor with 2,048 samples of look-ahead and pan on every track; sum; gain, equalizer, compressor
with 1,024 samples of look-ahead on the master. Its reverb, 65,536 taps convolved in the time domain, is measured
apart: `seconds_of_reverb`.
"""

import time
from collections.abc import Callable

import torch
from dasp_pytorch import functional as dasp
from torch import Tensor

from peers.work import RATE, Contender, Work

_EQ_LOW = (-12, 20, 0.1, -12, 80, 0.1, -12, 2000, 0.1, -12, 8000, 0.1, -12, 12000, 0.1, -12, 6000, 0.1)
_EQ_HIGH = (12, 2000, 5, 12, 2000, 5, 12, 8000, 5, 12, 12000, 5, 12, 21050, 5, 12, 21050, 5)
_COMPRESSOR_LOW, _COMPRESSOR_HIGH = (-60, 1, 5, 10, 3, 0), (0, 10, 250, 250, 12, 6)
_TRACK_LOW, _TRACK_HIGH = (-48, *_EQ_LOW, *_COMPRESSOR_LOW), (48, *_EQ_HIGH, *_COMPRESSOR_HIGH)


def _processed(audio: Tensor, places: Tensor, look_ahead: int) -> Tensor:
    """Return (rows, channels, samples) after gain, equalizer and compressor at knobs `places` (rows, 25), 0 to 1."""
    low, high = torch.tensor(_TRACK_LOW, dtype=torch.float32), torch.tensor(_TRACK_HIGH, dtype=torch.float32)
    gain_db, *knobs = (low + places * (high - low)).unbind(-1)
    audio = dasp.gain(audio, RATE, gain_db)
    audio = dasp.parametric_eq(audio, RATE, *knobs[:18])
    return dasp.compressor(audio, RATE, *knobs[18:], lookahead_samples=look_ahead)


def _mix(tracks: Tensor, strips: Tensor, pans: Tensor, master: Tensor) -> Tensor:
    processed = _processed(tracks[:, None], strips, 2048)
    summed = dasp.stereo_panner(processed[:, 0][None], RATE, pans[None]).sum(dim=2)
    return _processed(summed, master, 1024)


def _prepare(has_gradients: bool) -> Callable[[Work], Callable[[], object]]:
    def prepare(given: Work) -> Callable[[], object]:
        def run() -> object:
            generator = torch.Generator().manual_seed(2)
            for _ in range(given.mixes):
                knobs = [
                    (0.1 + 0.8 * torch.rand(shape, generator=generator)).requires_grad_(has_gradients)
                    for shape in ((len(given.tracks), 25), (len(given.tracks),), (1, 25))
                ]
                with torch.set_grad_enabled(has_gradients):
                    mix = _mix(given.tracks, *knobs)
                    if has_gradients:
                        mix.square().mean().backward()
            return mix

        return run

    return prepare


def seconds_of_reverb(given: Work) -> float:
    """Return how long its reverb takes, forward, for one stereo bus as long as the tracks."""
    bus = given.tracks[:2].repeat(2, 1)[None, :2]
    knobs = [torch.full((1,), 0.5) for _ in range(25)]
    start = time.perf_counter()
    with torch.no_grad():
        dasp.noise_shaped_reverberation(bus, RATE, *knobs, num_samples=65536, num_bandpass_taps=1023)
    return time.perf_counter() - start


DASP_FORWARD = Contender("dasp-pytorch, forward", _prepare(False), "dasp_pytorch", is_mix_by_mix=True)
DASP_BACKWARD = Contender("dasp-pytorch, forward + backward", _prepare(True), "dasp_pytorch", is_mix_by_mix=True)
