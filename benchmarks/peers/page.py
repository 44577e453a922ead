"""The page of results, in Markdown."""

import platform
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from peers.results import Results

_VERSIONS = ("torch", "numba", "numpy", "pedalboard", "dasp-pytorch", "grafx", "torch-geometric", "torchcomp")

_HEAD = """# Speed of the console

Written by `python benchmarks/console.py --docs docs/performance.md` on {processor}, {threads} threads for
everybody, {gib:.0f} GiB; {versions}.
The allocator {memory}.

{mixes} mixes of {tracks} mono tracks of {seconds:g} s at 44.1 kHz; medians of {repeats} interleaved repeats. Speed is
seconds of track rendered per second. Before it began {load:.1f} other processes wanted a processor: where they take
turns with what is measured, the time of all processors together (*cpu s*) tells more than the clock. Memory is the peak
of a process with only Python and its libraries beside it."""

_COST = """{mixes} mixes cost {by_processor:.2f} times one by the time of all processors, {over_one:.2f} times by the
clock, which other work disturbs more: each has filters, compressors and a room of its own, they share no more than the
reading of the tracks, and one mix fills vectors and threads already. The machine copies {gigabytes:.1f} GB a second,
read and written; reading the tracks once and writing the mixes takes {floor:.3f} s at that rate, the fast path
{over_floor:.0f} times as long."""

_STAGES = """## Where the time of the fast path goes

Processor time of one thread for the {mixes} mixes, the least of some repeats, by what each stage adds.

{table}

Only the first of these is not done in threads."""

_LONG_SONG = """## A long song

`gen-mix render` of {minutes:g} minutes of {tracks} tracks, from files to a finished file, every processor on, took
{seconds:.0f} s: {speed:,.0f} seconds of track a second, each file decoded three times (what it holds, its staging, its
sound). Peak memory of the process: {gib:.2f} GiB. Measured on {date}."""

_NOTES = """## What is compared

* Every filter and compressor of ours is on. *Whole console* has reverb and delay sends of every track and the master;
  *no sends* leaves the two buses out.
* pedalboard: the nearest chain that it has; the better of one and two threads counts. Its reverb is a network of combs
  and its high-pass of first order. It is GPL and used by this benchmark alone.
* dasp-pytorch and GRAFX render mix by mix, which is kindest to their memory: a repeat is one mix and counts {mixes}
  times.
* dasp-pytorch: the console and the settings of Diff-MST; against ours without sends. Its reverb is not in it: that
  takes {reverb:.1f} s for each second of one bus, forward alone.
* GRAFX: equalizer with 7 filters, compressor with its exact ballistics, pan and reverb. Its graph is stereo throughout,
  so ours gets stereo tracks against it.{compiled}{device}"""

_COMPILED = """
* `torch.compile` is not used. The response of the reverb, forward and backward, takes {compiled:.3f} s with it and
  {eager:.3f} s without, and its first call {first:.0f} s; what else takes time is compiled by Numba."""


def page(results: Results) -> str:
    """Return ``docs/performance.md``."""
    parts = [_head, _comparison, _ratios, _stages, _growth, _long_song, _notes]
    return "\n\n".join(text for part in parts if (text := part(results))) + "\n"


def _head(results: Results) -> str:
    return _HEAD.format(
        processor=_processor(),
        threads=results.threads,
        gib=_memory_gib(),
        versions=_versions(),
        memory="kept what was freed" if results.keeps_memory else "had its defaults",
        mixes=results.mixes,
        tracks=results.tracks,
        seconds=results.seconds_of_audio,
        repeats=results.repeats,
        load=results.load,
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]} with {len(names)} cores" if names else platform.processor() or platform.machine()


def _memory_gib() -> float:
    line = (
        Path("/proc/meminfo").read_text(encoding="ascii").splitlines()[0] if Path("/proc/meminfo").exists() else "0 0"
    )
    return int(line.split()[1]) / 2**20


def _versions() -> str:
    found = [f"Python {platform.python_version()}"]
    for name in _VERSIONS:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} not installed")
    return ", ".join(found)


def _comparison(results: Results) -> str:
    audio = results.tracks * results.seconds_of_audio
    rows = [
        f"| | s, {results.mixes} mixes | speed | cpu s | s, one mix | speed | cpu s | peak GiB | measured |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, seconds in results.seconds.items():
        one = results.seconds_of_one.get(name)
        alone = f"{one:.2f} | {audio / one:,.0f} | {results.processor_of_one[name]:.2f}" if one else " | | "
        all_mixes = f"{seconds:.2f} | {audio * results.mixes / seconds:,.0f} | {results.processor[name]:.2f}"
        rows.append(f"| {name} | {all_mixes} | {alone} | {results.peak_gib[name]:.2f} | {results.dates[name]} |")
    rows += [
        f"| {name}, CUDA | {seconds:.2f} | {audio * results.mixes / seconds:,.0f} | | | | | | |"
        for name, seconds in results.on_device.items()
    ]
    return "## Side by side\n\n" + "\n".join(rows)


def _ratios(results: Results) -> str:
    summary = results.summary()
    clock, processor = summary["ratios"], summary["processor_ratios"]
    assert isinstance(clock, dict)
    assert isinstance(processor, dict)
    rows = ["| ours is faster than | times, by the clock | by the time of all processors |", "|---|---|---|"]
    rows += [f"| {name.replace('_', ' ')} | {_times(clock[name])} | {_times(processor[name])} |" for name in clock]
    cost = _COST.format(
        mixes=results.mixes,
        over_one=summary["eight_mixes_over_one"],
        by_processor=summary["eight_mixes_over_one_by_processor"],
        gigabytes=results.copy_bandwidth / 1e9,
        floor=results.floor_seconds,
        over_floor=summary["copy_bandwidth_ratio"],
    )
    return "\n".join(rows) + "\n\n" + cost


def _times(ratio: float | None) -> str:
    return "not installed" if ratio is None else f"{ratio:.1f}"


def _stages(results: Results) -> str:
    if not results.stages:
        return ""
    whole = sum(results.stages.values())
    rows = ["| stage | cpu s | share |", "|---|---|---|"]
    rows += [f"| {name} | {seconds:.3f} | {seconds / whole:.0%} |" for name, seconds in results.stages.items()]
    return _STAGES.format(mixes=results.mixes, table="\n".join(rows))


def _growth(results: Results) -> str:
    if not results.growth:
        return ""
    parts = [
        "## Growth of the fast path\n\nFrom one mix of 16 tracks of 10 s, on "
        f"{results.dates['growth']}; an exponent of 1 is linear."
    ]
    for what, growth in results.growth.items():
        rows = [f"| {what} | " + " | ".join(f"{size:g}" for size in growth.sizes) + " |"]
        rows.append("|---" * (len(growth.sizes) + 1) + "|")
        rows.append("| s | " + " | ".join(f"{seconds:.3f}" for seconds in growth.seconds) + " |")
        rows.append("| cpu s | " + " | ".join(f"{seconds:.3f}" for seconds in growth.processor) + " |")
        rows.append("| peak GiB | " + " | ".join(f"{gib:.2f}" for gib in growth.peak_gib) + " |")
        parts.append("\n".join(rows) + f"\n\nExponent of the time of all processors: {growth.exponent:.2f}.")
    return "\n\n".join(parts)


def _long_song(results: Results) -> str:
    if results.long_song is None:
        return ""
    song = results.long_song
    return _LONG_SONG.format(
        minutes=song.minutes, tracks=song.tracks, seconds=song.seconds, gib=song.peak_gib,
        speed=song.tracks * song.minutes * 60 / song.seconds, date=results.dates["long song"],
    )  # fmt: skip


def _notes(results: Results) -> str:
    device = "" if torch.cuda.is_available() else "\n* No CUDA device was there to measure."
    compiled = "" if results.compiled is None else _COMPILED.format(**asdict(results.compiled))
    return _NOTES.format(mixes=results.mixes, reverb=results.reverb_of_dasp, compiled=compiled, device=device)
