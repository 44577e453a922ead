"""How fast is the console, beside others and beside what the machine can do?

``python benchmarks/console.py`` compares on 8 mixes of 16 tracks of 30 seconds at 44.1 kHz, and on one mix; then it
lets tracks, seconds and mixes grow. Everybody gets the same threads and the same allocator, repeats take turns, and
medians are compared. Peak memory is that of a process of its own. What is not installed is skipped, and said so:
``pip install -e '.[bench,gpl-benchmarks]'``. All of it takes about half an hour.

``--json FILE`` writes the ratios, ``--docs docs/performance.md`` the page. Smaller sizes are for trying it out.
``--results docs/performance.json --again fast pedalboard`` measures only those again whose names hold one of the words
and leaves the others as they are in that file, with their dates; ours and what it is compared with are always measured
in one run.
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np
import torch
from peers.compiled import compile_response
from peers.dasp_console import DASP_BACKWARD, DASP_FORWARD, seconds_of_reverb
from peers.grafx_console import GRAFX
from peers.long_song import render_long_song
from peers.ours import BACKWARD, BACKWARD_DRY, BACKWARD_STEREO, FAST, FAST_DRY, FORWARD_DRY
from peers.page import page
from peers.pedalboard_console import PEDALBOARD_ONE, PEDALBOARD_TWO
from peers.results import Growth, Results, results_of, updated
from peers.stages import profile
from peers.work import RATE, Contender, Work, work

LISTENING = (FAST, PEDALBOARD_ONE, PEDALBOARD_TWO)
LEARNING = (FAST_DRY, FORWARD_DRY, BACKWARD_DRY, BACKWARD_STEREO, BACKWARD, DASP_FORWARD, DASP_BACKWARD, GRAFX)
CONTENDERS = {contender.name: contender for contender in (*LISTENING, *LEARNING)}
GROWTH = {"tracks": (4, 8, 16, 32, 64), "seconds": (10, 30, 100, 300, 600), "mixes": (1, 2, 4, 8, 16, 32)}
KEPT_MEMORY = {"MALLOC_TRIM_THRESHOLD_": "-1", "MALLOC_TOP_PAD_": "2000000000", "MALLOC_MMAP_THRESHOLD_": "8000000000"}


@dataclass(frozen=True)
class Sizes:
    """How large the comparison is."""

    tracks: int
    seconds: float
    mixes: int
    repeats: int
    growth: float
    long_minutes: float


def main() -> None:
    """Run the command line."""
    options = _options()
    if options.keep_memory and "MALLOC_TRIM_THRESHOLD_" not in os.environ:
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **KEPT_MEMORY})
    torch.set_num_threads(options.threads)
    if options.alone is not None:
        _alone(options.alone, work(options.tracks, options.seconds, options.mixes), options.repeats)
        return
    sizes = Sizes(options.tracks, options.seconds, options.mixes, options.repeats, options.growth, options.long_minutes)
    results = _measured(sizes, options.threads, options.keep_memory, options.again)
    if options.again:
        results = updated(results_of(json.loads(options.results.read_text(encoding="utf-8"))), results)
    print(page(results))
    if options.results is not None:
        options.results.write_text(json.dumps(asdict(results), indent=2) + "\n", encoding="utf-8")
    if options.json is not None:
        options.json.write_text(json.dumps(results.summary(), indent=2) + "\n", encoding="utf-8")
    if options.docs is not None:
        options.docs.write_text(page(results), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tracks", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--mixes", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--growth", type=float, default=1.0, help="scale of the sizes that grow; 0 leaves them out")
    parser.add_argument(
        "--long-minutes", type=float, default=60.0, help="of a song of 32 tracks in files; 0 leaves it out"
    )
    parser.add_argument(
        "--keep-memory", action="store_true", help="let the allocator keep what is freed, for everybody"
    )
    parser.add_argument("--json", type=Path, help="where the ratios go")
    parser.add_argument("--docs", type=Path, help="where the page goes")
    parser.add_argument("--results", type=Path, help="where all that was measured goes")
    parser.add_argument("--again", nargs="+", default=[], help="words: of --results, only contenders with one of them")
    parser.add_argument("--alone", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.again and (options.results is None or not options.results.exists()):
        parser.error("--again: expected --results with what was measured before")
    return options


def _measured(sizes: Sizes, threads: int, keeps_memory: bool, again: Sequence[str]) -> Results:
    """Return what was measured; of some contenders only if `again` has words that their names must hold one of."""
    many, one = (work(sizes.tracks, sizes.seconds, mixes) for mixes in (sizes.mixes, 1))
    meant = [contender for name, contender in CONTENDERS.items() if not again or any(word in name for word in again)]
    present = [contender for contender in meant if _is_present(contender)]
    listening = [contender for contender in LISTENING if contender in present]
    load = os.getloadavg()[0]
    seconds, processor = _interleaved(present, many, sizes.repeats)
    seconds_of_one, processor_of_one = _interleaved(listening, one, max(3, sizes.repeats))
    bandwidth = _copy_bandwidth()
    moved = 4 * many.tracks.shape[1] * (len(many.tracks) + 2 * many.mixes)
    return Results(
        tracks=sizes.tracks,
        seconds_of_audio=sizes.seconds,
        mixes=sizes.mixes,
        repeats=sizes.repeats,
        threads=threads,
        keeps_memory=keeps_memory,
        seconds=seconds,
        seconds_of_one=seconds_of_one,
        processor=processor,
        processor_of_one=processor_of_one,
        load=load,
        peak_gib={contender.name: _peak_gib(contender, sizes, keeps_memory) for contender in present},
        reverb_of_dasp=seconds_of_reverb(work(2, 1.0, 1)) if DASP_FORWARD in present else None,
        copy_bandwidth=bandwidth,
        floor_seconds=moved / bandwidth,
        growth=_growth(sizes, keeps_memory) if sizes.growth > 0 else {},
        compiled=None if again else compile_response(),
        long_song=render_long_song(32, sizes.long_minutes) if sizes.long_minutes > 0 else None,
        on_device=_on_device(many, sizes.repeats) if torch.cuda.is_available() else {},
        stages=profile(sizes.tracks, sizes.seconds, sizes.mixes, sizes.repeats) if FAST in present else {},
        dates=dict.fromkeys(
            [
                *(contender.name for contender in present),
                *["growth"] * (sizes.growth > 0),
                *["long song"] * (sizes.long_minutes > 0),
            ],
            datetime.now(UTC).strftime("%d %B %Y"),
        ),
    )


def _is_present(contender: Contender) -> bool:
    if contender.needs is None or find_spec(contender.needs) is not None:
        return True
    print(f"{contender.name}: skipped, {contender.needs} is not installed", file=sys.stderr)
    return False


def _interleaved(
    contenders: Sequence[Contender], given: Work, repeats: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the median seconds of each contender by the clock and of all processors, after a run that compiles.

    Who renders mix by mix renders one in each repeat, and that counts as many times as there are mixes.
    """
    alone = Work(given.tracks, 1)
    times = {contender.name: given.mixes if contender.is_mix_by_mix else 1 for contender in contenders}
    runs = {c.name: c.prepare(alone if c.is_mix_by_mix else given) for c in contenders}
    short = Work(given.tracks[:, :RATE], 1)
    for contender in contenders:
        contender.prepare(short)()
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for repeat in range(repeats):
        for name, run in runs.items():
            clock, processor = _timed(run)
            taken[name].append((times[name] * clock, times[name] * processor))
            print(f"{repeat + 1}/{repeats} {name}: {taken[name][-1][0]:.2f} s", file=sys.stderr)
    by_clock, by_processor = ({name: median(pair[kind] for pair in taken[name]) for name in runs} for kind in (0, 1))
    return by_clock, by_processor


def _timed(run: Callable[[], object]) -> tuple[float, float]:
    """Return how long `run` takes by the clock, and how much of it all processors worked."""
    gc.collect()
    clock, processor = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - clock, time.process_time() - processor


def _copy_bandwidth() -> float:
    """Return how many bytes a second are read and written when a large array is copied, by all threads."""
    source = torch.ones(1 << 26)
    target = torch.empty_like(source)
    seconds = min(_timed(lambda: target.copy_(source))[0] for _ in range(7))
    return 2 * 4 * source.numel() / seconds


def _alone(name: str, given: Work, repeats: int) -> None:
    """Run one contender in this process and print its median seconds and its peak memory."""
    run = CONTENDERS[name].prepare(given)
    CONTENDERS[name].prepare(Work(given.tracks[:, :RATE], 1))()
    clock, processor = zip(*(_timed(run) for _ in range(repeats)), strict=True)
    found = {"seconds": median(clock), "processor": median(processor), "peak_gib": _peak_of_this_process_gib()}
    print(json.dumps(found))


def _peak_of_this_process_gib() -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 2**20


def _in_a_process(name: str, sizes: Sizes, keeps_memory: bool) -> dict[str, float]:
    arguments = ["--alone", name, "--tracks", sizes.tracks, "--seconds", sizes.seconds, "--mixes", sizes.mixes]
    arguments += ["--repeats", sizes.repeats, "--threads", torch.get_num_threads()]
    arguments += ["--keep-memory"] * keeps_memory
    command = [sys.executable, __file__, *(str(argument) for argument in arguments)]
    finished = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(finished.stdout.splitlines()[-1])
    return found


def _peak_gib(contender: Contender, sizes: Sizes, keeps_memory: bool) -> float:
    once = replace(sizes, mixes=1 if contender.is_mix_by_mix else sizes.mixes, repeats=1)
    return _in_a_process(contender.name, once, keeps_memory)["peak_gib"]


def _growth(sizes: Sizes, keeps_memory: bool) -> dict[str, Growth]:
    """Return time and memory of the fast path as one thing grows and the others stay."""
    found = {}
    for what, steps in GROWTH.items():
        start = {"tracks": 16, "seconds": 10.0, "mixes": 1}
        scaled = [max(1, round(step * sizes.growth)) for step in steps]
        values = list(dict.fromkeys(scaled))
        runs = []
        for value in values:
            grown = {**start, what: value}
            size = replace(sizes, **grown)
            runs.append(_in_a_process(FAST.name, size, keeps_memory))
            print(f"{what} {value}: {runs[-1]}", file=sys.stderr)
        seconds, processor, gib = (tuple(run[key] for run in runs) for key in ("seconds", "processor", "peak_gib"))
        slope = np.polyfit(np.log(values), np.log(processor), 1)[0] if len(values) > 1 else float("nan")
        found[what] = Growth(tuple(values), seconds, processor, gib, float(slope))
    return found


def _on_device(given: Work, repeats: int) -> dict[str, float]:
    """Return the median seconds of the differentiable path with tracks and settings on a CUDA device."""
    on_device = Work(given.tracks.cuda(), given.mixes)
    return _interleaved([FORWARD_DRY, BACKWARD_DRY, BACKWARD], on_device, repeats)[0]


if __name__ == "__main__":
    main()
