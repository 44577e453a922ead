"""Processor time of the stages of the fast path, on one thread, by what each adds."""

import time
from collections.abc import Callable

import torch

from gen_mix.console.fast import render_fast
from gen_mix.console.layout import LAYOUT
from gen_mix.console.stream import ConsoleStream
from gen_mix.mix import MixParameters
from peers.work import RATE, Work, parameters, work

# Name, beginnings of the kinds and names of the gates that are on, and sends.
_STAGES = (
    ("seven filters on every track", ("track eq.", "track high_pass"), ()),
    ("compressor on every track", ("track compressor",), ()),
    ("filters and compressor of the master", ("master",), ()),
    ("reverb", (), ("reverb_send",)),
    ("delay", (), ("delay_send",)),
)


def profile(tracks: int, seconds: float, mixes: int, repeats: int) -> dict[str, float]:
    """Return the processor seconds of the stages of rendering some mixes, each the least of some repeats.

    Rendered with nothing on, then with one kind of processor after the other; a stage is what that adds.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    given = work(tracks, seconds, mixes)
    preparing = _preparing(given, repeats)
    nothing = _rendering(given, _only(given, (), ()), repeats)
    stages = {"settings become numbers": preparing, "reading, mixing, writing": nothing - preparing}
    for name, gates, sends in _STAGES:
        stages[name] = _rendering(given, _only(given, gates, sends), repeats) - nothing
    torch.set_num_threads(threads)
    return stages


def _only(given: Work, gates: tuple[str, ...], sends: tuple[str, ...]) -> MixParameters:
    """Return settings of which only some gates are on."""
    whole = parameters(given, sends)
    normalized = whole.normalized.clone()
    for kind in ("master", "track"):
        for place, spec in enumerate(LAYOUT.specs(kind)):
            is_meant = "send" in spec.name or f"{kind} {spec.name}".startswith(gates)
            if spec.is_gate and not is_meant:
                normalized[:, LAYOUT.tokens(kind), place] = 0
    return MixParameters(normalized, whole.mask)


def _preparing(given: Work, repeats: int) -> float:
    """Return the least processor seconds that it takes to make settings into numbers for the inner loops."""
    settings = parameters(given, ())
    return min(_spent(lambda: ConsoleStream(settings, [False] * len(given.tracks), RATE)) for _ in range(repeats))


def _rendering(given: Work, settings: MixParameters, repeats: int) -> float:
    """Return the least processor seconds of a rendering, after one that compiles."""
    tracks = list(given.tracks[:, None])
    render_fast([track[:, :RATE] for track in tracks], settings, RATE)
    return min(_spent(lambda: render_fast(tracks, settings, RATE)) for _ in range(repeats))


def _spent(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start
