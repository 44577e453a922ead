"""The compressor of eight strips at once, forwards and backwards; rows are those of `gen_mix.console.strip_kernels`."""

import math

import numpy as np
from numba import njit

from gen_mix.console.precise import divide, exp2, flushed, get, larger, log2, put, smaller
from gen_mix.console.simd import absolute, multiply_add, splat, where

_LOWEST_PEAK = 1e-6  # -120 dB, `LOWEST_LEVEL_DB`
_DECIBELS_PER_OCTAVE = 20 * math.log10(2)
_DECIBELS_PER_NEPER = 20 / math.log(10)


@njit(nogil=True)
def _level(left, right):  # type: ignore[no-untyped-def]
    return log2(larger(larger(absolute(left), absolute(right)), splat(_LOWEST_PEAK))) * splat(_DECIBELS_PER_OCTAVE)


@njit(nogil=True)
def _target(level, start, slope, knee, curvature):  # type: ignore[no-untyped-def]
    """Return the gain of the static curve in dB; it begins to bend at `start`; `curvature` is 1 / (2 knee)."""
    above = larger(level - start, splat(0.0))
    inside = smaller(above, knee)
    return slope * multiply_add(inside * inside, curvature, above - inside)


@njit(nogil=True)
def compress(signals: np.ndarray, length: int, dynamics: np.ndarray, state: np.ndarray, row: int) -> None:
    """Turn `signals` (channels, BLOCK, LANES) down in place."""
    slope, knee, attack, release = get(dynamics, 1), get(dynamics, 2), get(dynamics, 3), get(dynamics, 4)
    start = get(dynamics, 0) - knee * splat(0.5)
    curvature = divide(splat(0.5), knee)
    is_stereo = signals.shape[0] == 2
    left, right = signals[0], signals[signals.shape[0] - 1]
    gain = get(state, row)
    for n in range(length):
        one, other = get(left, n), get(right, n)
        distance = _target(_level(one, other), start, slope, knee, curvature) - gain
        gain = multiply_add(where(distance < splat(0.0), attack, release), distance, gain)
        factor = exp2(gain * splat(1 / _DECIBELS_PER_OCTAVE))
        put(left, n, one * factor)
        if is_stereo:
            put(right, n, other * factor)
    put(state, row, flushed(gain))


@njit(nogil=True)
def compress_again(
    signals: np.ndarray,
    length: int,
    dynamics: np.ndarray,
    state: np.ndarray,
    row: int,
    levels: np.ndarray,
    gains: np.ndarray,
) -> None:
    """Keep what `compress` makes of `signals`: the levels, and the gains after a first row with that before."""
    slope, knee, attack, release = get(dynamics, 1), get(dynamics, 2), get(dynamics, 3), get(dynamics, 4)
    start = get(dynamics, 0) - knee * splat(0.5)
    curvature = divide(splat(0.5), knee)
    left, right = signals[0], signals[signals.shape[0] - 1]
    gain = get(state, row)
    put(gains, 0, gain)
    for n in range(length):
        level = _level(get(left, n), get(right, n))
        distance = _target(level, start, slope, knee, curvature) - gain
        gain = multiply_add(where(distance < splat(0.0), attack, release), distance, gain)
        put(levels, n, level)
        put(gains, n + 1, gain)


@njit(nogil=True)
def _share(one, other):  # type: ignore[no-untyped-def]
    """Return what a slope of the level in dB means for sample `one`: all, half of it at a tie, or nothing."""
    size, rival = absolute(one), absolute(other)
    wins = where(
        size < rival, splat(0.0), where(rival < size, splat(_DECIBELS_PER_NEPER), splat(_DECIBELS_PER_NEPER / 2))
    )
    return where(splat(_LOWEST_PEAK) < size, divide(wins, one), splat(0.0))


@njit(nogil=True)
def compress_backwards(
    signals: np.ndarray,
    gradients: np.ndarray,
    length: int,
    dynamics: np.ndarray,
    adjoint: np.ndarray,
    row: int,
    levels: np.ndarray,
    gains: np.ndarray,
    to_dynamics: np.ndarray,
) -> None:
    """Turn the gradients of what leaves the compressor into those of `signals`, which become what leaves it.

    With f the target, g the gain and c the speed: λ[n] = dL/dg[n] + (1 - c[n+1]) λ[n+1], dL/df[n] = c[n] λ[n].
    """
    slope, knee, attack, release = get(dynamics, 1), get(dynamics, 2), get(dynamics, 3), get(dynamics, 4)
    start = get(dynamics, 0) - knee * splat(0.5)
    curvature = divide(splat(0.5), knee)
    is_stereo = signals.shape[0] == 2
    left, right = signals[0], signals[signals.shape[0] - 1]
    to_left, to_right = gradients[0], gradients[signals.shape[0] - 1]
    zero = splat(0.0)
    to_threshold = to_slope = to_knee = to_attack = to_release = zero
    turned = get(adjoint, row)
    for n in range(length - 1, -1, -1):
        one, other = get(left, n), get(right, n)
        factor = exp2(get(gains, n + 1) * splat(1 / _DECIBELS_PER_OCTAVE))
        to_one, to_other = get(to_left, n), get(to_right, n)
        to_factor = multiply_add(to_one, one, to_other * other) if is_stereo else to_one * one
        turned = multiply_add(to_factor, factor * splat(1 / _DECIBELS_PER_NEPER), turned)
        level = get(levels, n)
        before = get(gains, n)
        above = larger(level - start, zero)
        inside = smaller(above, knee)
        bend = multiply_add(inside * inside, curvature, above - inside)
        distance = slope * bend - before
        moved = turned * distance
        to_attack = to_attack + where(distance < zero, moved, zero)
        to_release = to_release + where(distance < zero, zero, moved)
        to_target = turned * where(distance < zero, attack, release)
        turned = turned - to_target
        steepness = inside * curvature  # half of the part of the slope that is reached
        to_slope = multiply_add(to_target, bend, to_slope)
        to_level = to_target * slope * (steepness + steepness)
        to_threshold = to_threshold - to_level
        to_knee = multiply_add(to_target * slope, steepness - splat(2.0) * steepness * steepness, to_knee)
        to_one = to_one * factor
        if is_stereo:
            put(to_right, n, multiply_add(to_level, _share(other, one), to_other * factor))
            put(right, n, other * factor)
            put(to_left, n, multiply_add(to_level, _share(one, other), to_one))
        else:
            put(
                to_left,
                n,
                multiply_add(
                    to_level,
                    where(splat(_LOWEST_PEAK) < absolute(one), divide(splat(_DECIBELS_PER_NEPER), one), zero),
                    to_one,
                ),
            )
        put(left, n, one * factor)
    put(adjoint, row, flushed(turned))
    for place, total in enumerate((to_threshold, to_slope, to_knee, to_attack, to_release)):
        put(to_dynamics, place, get(to_dynamics, place) + total)
