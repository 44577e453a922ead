"""Our console: the fast path, and the differentiable one forward and backward."""

from collections.abc import Callable

import torch

from gen_mix.console.console import render
from gen_mix.console.fast import render_fast
from gen_mix.mix import MixParameters
from peers.work import RATE, Contender, Work, parameters

WHOLE = ("reverb_send", "delay_send")
REVERB = ("reverb_send",)


def _fast(sends: tuple[str, ...]) -> Callable[[Work], Callable[[], object]]:
    def prepare(given: Work) -> Callable[[], object]:
        tracks, settings = list(given.tracks[:, None]), parameters(given, sends)
        return lambda: render_fast(tracks, settings, RATE)

    return prepare


def _forward(sends: tuple[str, ...]) -> Callable[[Work], Callable[[], object]]:
    def prepare(given: Work) -> Callable[[], object]:
        tracks, settings = list(given.tracks[:, None]), parameters(given, sends)

        @torch.no_grad()
        def run() -> object:
            return render(tracks, settings, RATE)

        return run

    return prepare


def _backward(sends: tuple[str, ...], channels: int = 1) -> Callable[[Work], Callable[[], object]]:
    def prepare(given: Work) -> Callable[[], object]:
        tracks, settings = list(given.tracks[:, None].repeat(1, channels, 1)), parameters(given, sends)

        def run() -> object:
            normalized = settings.normalized.clone().requires_grad_()
            render(tracks, MixParameters(normalized, settings.mask), RATE).square().mean().backward()
            return normalized.grad

        return run

    return prepare


FAST = Contender("gen_mix, fast path, whole console", _fast(WHOLE))
FAST_DRY = Contender("gen_mix, fast path, no sends", _fast(()))
FORWARD_DRY = Contender("gen_mix, differentiable, no sends, forward", _forward(()))
BACKWARD_DRY = Contender("gen_mix, differentiable, no sends, forward + backward", _backward(()))
BACKWARD_STEREO = Contender("gen_mix, differentiable, stereo tracks, reverb, forward + backward", _backward(REVERB, 2))
BACKWARD = Contender("gen_mix, differentiable, whole console, forward + backward", _backward(WHOLE))
