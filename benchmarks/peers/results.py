"""What was measured, and what it comes to."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from peers.compiled import Compiled
from peers.dasp_console import DASP_BACKWARD, DASP_FORWARD
from peers.grafx_console import GRAFX
from peers.long_song import LongSong
from peers.ours import BACKWARD_DRY, BACKWARD_STEREO, FAST, FAST_DRY
from peers.pedalboard_console import PEDALBOARD_ONE, PEDALBOARD_TWO


@dataclass(frozen=True)
class Growth:
    """Time by the clock and of all processors, and peak memory, as one thing grows.

    The exponent is the slope of the logarithm of the processors' time, which other work on the machine disturbs less.
    """

    sizes: tuple[float, ...]
    seconds: tuple[float, ...]
    processor: tuple[float, ...]
    peak_gib: tuple[float, ...]
    exponent: float


@dataclass(frozen=True)
class Results:
    """A whole run.

    Attributes:
        tracks: In a mix.
        seconds_of_audio: Length of the tracks.
        mixes: Rendered at once.
        repeats: Of which the median counts.
        threads: Of everybody.
        keeps_memory: Whether the allocator kept what was freed.
        seconds: Median time by contender, for all mixes.
        seconds_of_one: The same for one mix.
        processor: Median time of all processors by contender, for all mixes.
        processor_of_one: The same for one mix.
        load: How many other processes wanted a processor when all began.
        peak_gib: Peak memory of a process with one contender.
        reverb_of_dasp: Seconds for each second of one bus; None if not measured.
        copy_bandwidth: Bytes read and written per second.
        floor_seconds: Time to read the tracks and write the mixes at that bandwidth.
        growth: Of the fast path.
        compiled: What `torch.compile` does; None without a compiler.
        long_song: From files to a file; None if left out.
        on_device: Median time of the differentiable path on a CUDA device; empty without one.
        stages: Processor time of the stages of the fast path, for all mixes.
        dates: When each contender was measured, and ``growth`` and ``long song``.
    """

    tracks: int
    seconds_of_audio: float
    mixes: int
    repeats: int
    threads: int
    keeps_memory: bool
    seconds: Mapping[str, float]
    seconds_of_one: Mapping[str, float]
    processor: Mapping[str, float]
    processor_of_one: Mapping[str, float]
    load: float
    peak_gib: Mapping[str, float]
    reverb_of_dasp: float | None
    copy_bandwidth: float
    floor_seconds: float
    growth: Mapping[str, Growth]
    compiled: Compiled | None
    long_song: LongSong | None
    on_device: Mapping[str, float]
    stages: Mapping[str, float]
    dates: Mapping[str, str]

    def summary(self) -> dict[str, object]:
        """Return what goes into the JSON file; null where something was not installed or left out."""
        return {
            "ratios": _ratios(self.seconds, self.seconds_of_one),
            "processor_ratios": _ratios(self.processor, self.processor_of_one),
            "exponents": {
                what: self.growth[what].exponent if what in self.growth else None
                for what in ("tracks", "seconds", "mixes")
            },
            "eight_mixes_over_one": self.seconds[FAST.name] / self.seconds_of_one[FAST.name],
            "eight_mixes_over_one_by_processor": self.processor[FAST.name] / self.processor_of_one[FAST.name],
            "copy_bandwidth_ratio": self.seconds[FAST.name] / self.floor_seconds,
            "peak_gib": dict(self.peak_gib),
            "long_song": None if self.long_song is None else asdict(self.long_song),
        }


def results_of(saved: dict[str, Any]) -> Results:
    """Return the results that `dataclasses.asdict` made `saved` of."""
    growth = {what: Growth(**found) for what, found in saved["growth"].items()}
    compiled = saved["compiled"] and Compiled(**saved["compiled"])
    long_song = saved["long_song"] and LongSong(**saved["long_song"])
    return Results(**{**saved, "growth": growth, "compiled": compiled, "long_song": long_song})


def updated(earlier: Results, again: Results) -> Results:
    """Return `earlier` with what was measured again in its place; sizes must be the same."""
    for name in ("tracks", "seconds_of_audio", "mixes", "threads", "keeps_memory"):
        if getattr(earlier, name) != getattr(again, name):
            raise ValueError(f"{name}: expected {getattr(earlier, name)} as before, got {getattr(again, name)}")
    merged = {
        field.name: {**getattr(earlier, field.name), **value} if isinstance(value, Mapping) else value
        for field in fields(Results)
        if (value := getattr(again, field.name)) is not None
    }
    return replace(earlier, **merged)


def _ratios(many: Mapping[str, float], one: Mapping[str, float]) -> dict[str, float | None]:
    """Return how many times the time of ours that of others is, for many mixes and for one."""
    better = (PEDALBOARD_ONE.name, PEDALBOARD_TWO.name)
    return {
        "pedalboard_8_mixes": _ratio(_least(many, *better), many[FAST.name]),
        "pedalboard_1_mix": _ratio(_least(one, *better), one[FAST.name]),
        "dasp_forward": _ratio(many.get(DASP_FORWARD.name), many[FAST_DRY.name]),
        "dasp_forward_backward": _ratio(many.get(DASP_BACKWARD.name), many[BACKWARD_DRY.name]),
        "grafx_forward_backward": _ratio(many.get(GRAFX.name), many[BACKWARD_STEREO.name]),
    }


def _least(times: Mapping[str, float], *names: str) -> float | None:
    return min((times[name] for name in names if name in times), default=None)


def _ratio(theirs: float | None, ours: float) -> float | None:
    return None if theirs is None else theirs / ours
