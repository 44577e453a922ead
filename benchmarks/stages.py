"""Where does the time of the fast path go? Processor time of its stages, one thread, by what each adds.

``python benchmarks/stages.py`` renders 8 mixes of 16 mono tracks of 30 s with nothing on, then with one kind of
processor after the other, and says what each adds, in seconds and in nanoseconds per sample of what it works on.
"""

import argparse
import time
from collections.abc import Callable

import torch
from peers.work import RATE, Work, parameters, work

from gen_mix.console.fast import render_fast
from gen_mix.console.layout import LAYOUT
from gen_mix.console.stream import ConsoleStream
from gen_mix.mix import MixParameters

_FILTERS = ("eq.", "high_pass")
STAGES = (
    ("reading and mixing", (), ()),
    ("seven filters a track", _FILTERS, ()),
    ("compressor of a track", ("compressor",), ()),
    ("reverb", (), ("reverb_send",)),
    ("delay", (), ("delay_send",)),
)
"""Name, beginnings of the names of the gates that are on, and sends."""


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    given = work(16, options.seconds, 8)
    samples = given.tracks.shape[1] * given.mixes
    print(f"preparing: {_preparing(given, options.repeats):.2f} s")
    nothing = 0.0
    for name, gates, sends in STAGES:
        took = _rendering(given, _only(given, gates, sends), options.repeats)
        nothing = nothing or took
        added = took if name == STAGES[0][0] else took - nothing
        per = samples if sends else samples * len(given.tracks)
        print(f"{name}: {added:.2f} s, {1e9 * added / per:.2f} ns per sample of a {'mix' if sends else 'track'}")


def _only(given: Work, gates: tuple[str, ...], sends: tuple[str, ...]) -> MixParameters:
    """Return settings of which only some gates of the tracks are on, and none of the master."""
    whole = parameters(given, sends)
    normalized = whole.normalized.clone()
    for kind in ("master", "track"):
        for place, spec in enumerate(LAYOUT.specs(kind)):
            is_meant = "send" in spec.name or (kind == "track" and spec.name.startswith(gates))
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


if __name__ == "__main__":
    main()
