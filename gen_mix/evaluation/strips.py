"""Many settings of one track's strip at once: what comes out is measured, not kept.

The same filters and the same compressor as the console's, written for sixty-four settings side by side, because an
evaluation listens to some hundred thousand strips. `tests/evaluation/test_heard.py` holds it against the console.
"""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_BLOCK = 64
_LANES = 64


@dataclass(frozen=True)
class Strips:
    """Settings of one track's strip, one lane each.

    Attributes:
        sections: Second-order sections of high-pass and EQ (lanes, sections, 6), a0 = 1; the neutral
            section is 1 everywhere.
        has_compressor: Boolean (lanes,).
        threshold_db: (lanes,), dBFS.
        ratio: (lanes,), at least 1.
        attack: Share of a step covered per sample where the gain falls (lanes,), 0 to 1.
        release: The same where it recovers (lanes,).
        knee_db: (lanes,), width, at least 0.
    """

    sections: Array
    has_compressor: NDArray[np.bool_]
    threshold_db: Array
    ratio: Array
    attack: Array
    release: Array
    knee_db: Array


@dataclass(frozen=True)
class StripLevels:
    """What comes out of the strips, before the fader.

    Attributes:
        power: K-weighted mean square over the active parts (lanes, 3): left, right, and left times right. A mono track
            is all on the left.
        gain_reduction_db: Mean over the active parts (lanes,), at least 0.
    """

    power: Array
    gain_reduction_db: Array


def measure_strips(
    audio: NDArray[np.float32], is_active: NDArray[np.bool_], strips: Strips, weighting: Array
) -> StripLevels:
    """Return the level and the gain reduction of a track in many strips.

    Args:
        audio: Staged, (1 or 2, samples).
        is_active: Which samples count (samples,).
        strips: Settings.
        weighting: Second-order sections of the weighting filter (2, 6).
    """
    lanes = len(strips.ratio)
    order = np.argsort(~strips.has_compressor, kind="stable")  # so that few groups hold both kinds
    rows = np.pad(order, (0, -lanes % _LANES), mode="edge")
    groups = (len(rows) // _LANES, _LANES)
    sections = np.concatenate(
        [_gather_used(strips.sections), np.broadcast_to(weighting, (lanes, *weighting.shape))], axis=1
    )
    taps = sections[rows][..., [0, 1, 2, 4, 5]].reshape(*groups, -1, 5).transpose(0, 2, 3, 1)
    dynamics = _dynamics(strips)[:, rows].reshape(-1, *groups).swapaxes(0, 1)
    power, reduction = np.zeros((groups[0], 3, _LANES)), np.zeros(groups)
    _run(
        np.ascontiguousarray(audio.T),
        is_active.astype(np.float64),
        np.ascontiguousarray(taps),
        np.ascontiguousarray(dynamics),
        power,
        reduction,
    )
    count = max(int(is_active.sum()), 1)
    levels = StripLevels(np.empty((lanes, 3)), np.empty(lanes))
    levels.power[order] = power.swapaxes(1, 2).reshape(-1, 3)[:lanes] / count
    levels.gain_reduction_db[order] = reduction.reshape(-1)[:lanes] / count
    return levels


def _dynamics(strips: Strips) -> Array:
    """Return switch, threshold, slope, attack, release, knee (6, lanes)."""
    return np.stack(
        [
            strips.has_compressor.astype(np.float64),
            strips.threshold_db,
            np.where(strips.has_compressor, 1 / strips.ratio - 1, 0.0),
            strips.attack,
            strips.release,
            np.maximum(strips.knee_db, 1e-3),  # a hard knee is a very narrow one
        ]
    )


def _gather_used(sections: Array) -> Array:
    """Move neutral sections to the end and drop those that are neutral in every lane; the order of filters is free."""
    is_used = (sections != np.array([1.0, 0, 0, 1, 0, 0])).any(-1)
    order = np.argsort(~is_used, axis=1, kind="stable")
    gathered = np.take_along_axis(sections, order[..., None], axis=1)
    return gathered[:, : int(is_used.sum(1).max(initial=0))]


@numba.njit(cache=True, nogil=True, fastmath=True)
def _run(
    audio: NDArray[np.float32],
    active: Array,
    sections: Array,
    dynamics: Array,
    power: Array,
    reduction: Array,
) -> None:
    """Add up power and gain reduction of all lanes, sixty-four lanes at a time; audio is (samples, channels)."""
    for group in range(len(power)):
        _run_group(audio, active, sections[group], dynamics[group], power[group], reduction[group])


@numba.njit(cache=True, fastmath=True)
def _run_group(
    audio: NDArray[np.float32],
    active: Array,
    sections: Array,
    dynamics: Array,
    power: Array,
    reduction: Array,
) -> None:
    samples, channels = audio.shape
    stages = sections.shape[0]
    memory = np.zeros((stages, channels, 2, _LANES))
    gain_db = np.zeros(_LANES)
    block = np.empty((channels, _BLOCK, _LANES))
    has_compressor = dynamics[0].any()
    for start in range(0, samples, _BLOCK):
        length = min(_BLOCK, samples - start)
        for channel in range(channels):
            for step in range(length):
                block[channel, step, :] = audio[start + step, channel]
            for stage in range(stages - 2):
                _filter(block[channel], length, sections[stage], memory[stage, channel])
        if has_compressor:
            _compress(block, length, dynamics, gain_db, active[start : start + length], reduction)
        for channel in range(channels):
            for stage in range(stages - 2, stages):
                _filter(block[channel], length, sections[stage], memory[stage, channel])
            _add_products(block[channel], block[channel], active[start : start + length], power[channel])
        if channels == 2:
            _add_products(block[0], block[1], active[start : start + length], power[2])


@numba.njit(cache=True, fastmath=True)
def _add_products(first: Array, second: Array, active: Array, total: Array) -> None:
    for step in range(len(active)):
        for lane in range(_LANES):
            total[lane] += active[step] * first[step, lane] * second[step, lane]


@numba.njit(cache=True, fastmath=True)
def _filter(block: Array, length: int, taps: Array, memory: Array) -> None:
    """Run one second-order section, transposed direct form II, in place over (steps, lanes)."""
    first, second = memory[0], memory[1]
    for step in range(length):
        row = block[step]
        for lane in range(_LANES):
            came = row[lane]
            went = taps[0, lane] * came + first[lane]
            first[lane] = taps[1, lane] * came - taps[3, lane] * went + second[lane]
            second[lane] = taps[2, lane] * came - taps[4, lane] * went
            row[lane] = went


@numba.njit(cache=True, fastmath=True)
def _compress(block: Array, length: int, dynamics: Array, gain_db: Array, active: Array, reduction: Array) -> None:
    """Run all lanes' compressors in place over a block; both channels follow the louder one."""
    level, level_db, factor = np.empty(_LANES, np.float32), np.empty(_LANES, np.float32), np.empty(_LANES, np.float32)
    for step in range(length):
        for lane in range(_LANES):
            peak = abs(block[0, step, lane])
            for channel in range(1, block.shape[0]):
                peak = max(peak, abs(block[channel, step, lane]))
            level[lane] = peak + 1e-9
        _decibels(level, level_db)
        for lane in range(_LANES):
            slope, knee = dynamics[2, lane], dynamics[5, lane]
            over = level_db[lane] - dynamics[1, lane]
            inside = min(max(over + knee / 2, 0.0), knee)
            target = slope * (inside * inside / (2 * knee) + max(over - knee / 2, 0.0))
            speed = dynamics[3, lane] if target < gain_db[lane] else dynamics[4, lane]
            gain_db[lane] += speed * (target - gain_db[lane])
            reduction[lane] -= active[step] * gain_db[lane]
            level_db[lane] = gain_db[lane]
        _factors(level_db, factor)
        for channel in range(block.shape[0]):
            for lane in range(_LANES):
                block[channel, step, lane] *= factor[lane]


@numba.njit(cache=True, fastmath=True)
def _log2_of_mantissa(x: np.float32) -> np.float32:
    """Return log2 for 1 <= x < 2 within 2e-6: a least-squares polynomial at Chebyshev points."""
    low = np.float32(-3.03460285) + x * (np.float32(6.08989576) + x * np.float32(-5.30170911))
    high = np.float32(3.24946656) + x * (
        np.float32(-1.24796250) + x * (np.float32(0.27003742) + x * np.float32(-0.02512320))
    )
    return low + x * x * x * high


@numba.njit(cache=True, fastmath=True)
def _exp2_of_rest(x: np.float32) -> np.float32:
    """Return 2 to the power of x for -1 < x <= 0 within 3e-6: a least-squares polynomial at Chebyshev points."""
    high = np.float32(0.23943921) + x * (np.float32(0.05322683) + x * np.float32(0.00684199))
    return np.float32(0.99999809) + x * (np.float32(0.69305067) + x * high)


@numba.njit(cache=True, fastmath=True)
def _decibels(level: NDArray[np.float32], level_db: NDArray[np.float32]) -> None:
    """Write 20 log10 of positive levels, within 0.001 dB: the exponent and a polynomial of the mantissa.

    A library's logarithm keeps the lanes from running side by side and would take most of the time.
    """
    bits = level.view(np.int32)
    mantissa = np.empty(_LANES, np.float32)
    mantissa_bits = mantissa.view(np.int32)
    for lane in range(_LANES):
        mantissa_bits[lane] = (bits[lane] & 0x7FFFFF) | 0x3F800000
    for lane in range(_LANES):
        exponent = np.float32((bits[lane] >> 23) - 127)
        level_db[lane] = np.float32(6.0205999) * (exponent + _log2_of_mantissa(mantissa[lane]))


@numba.njit(cache=True, fastmath=True)
def _factors(gain_db: NDArray[np.float32], factor: NDArray[np.float32]) -> None:
    """Write the factors of gains from -200 to 0 dB, within 0.001 dB."""
    bits = factor.view(np.int32)
    rest = np.empty(_LANES, np.float32)
    for lane in range(_LANES):
        octaves = gain_db[lane] * np.float32(0.16609640)
        whole = np.int32(octaves)
        rest[lane] = octaves - np.float32(whole)
        bits[lane] = (whole + 127) << 23
    for lane in range(_LANES):
        factor[lane] *= _exp2_of_rest(rest[lane])
