"""Filters and compressor of eight strips at once, forwards and backwards in time.

What `filter_cascade` and `compressor_gain_db` say one strip at a time, for a group of `LANES` strips with the same
number of channels. The audio passes in blocks that stay in the processor's cache. Forwards a mark is left at the
beginning of every block: the state of the filters and the gain. Backwards each block is computed again from its mark,
so nothing that is as long as the audio has to be kept for the gradient.

Rows (see `gen_mix.console.vectors`) of a group with some channels and sections:

* taps: b0 b1 b2 a1 a2 of section after section;
* state: v[n-1] and v[n-2] of section after section, channel after channel; then the gain in dB;
* adjoint: the same two for the filters backwards in time, w[n+1] and w[n+2]; then the adjoint of the gain;
* dynamics: threshold in dB, slope 1/ratio - 1 (0: no compression), knee in dB, attack, release.
"""

import math

import numpy as np
from numba import njit

from gen_mix.console.vectors import LANES, every, exp2, if_less, larger, load, log2, madd, magnitude, smaller, store

BLOCK = 256
"""Samples between two marks."""

_TAPS = 5
_LOWEST_PEAK = 1e-6  # -120 dB, `LOWEST_LEVEL_DB`
_DECIBELS_PER_OCTAVE = 20 * math.log10(2)
_DECIBELS_PER_NEPER = 20 / math.log(10)
_FLUSH_BELOW = 1e-100  # far below any sound, far above the denormal numbers that slow a processor down


@njit(nogil=True)
def _flushed(x):  # type: ignore[no-untyped-def]
    return if_less(magnitude(x), every(_FLUSH_BELOW), every(0.0), x)


@njit(nogil=True)
def _read(source: np.ndarray, track: np.ndarray, channel: int, start: int, length: int, signal: np.ndarray) -> None:
    """Fill the first rows of `signal` with a block of each lane's track, lanes without one (-1) with silence."""
    for lane in range(LANES):
        if track[lane] < 0:
            for n in range(length):
                signal[n, lane] = 0.0
        else:
            samples = source[track[lane], channel]
            for n in range(length):
                signal[n, lane] = samples[start + n]


@njit(nogil=True)
def _write(signal: np.ndarray, target: np.ndarray, channel: int, start: int, length: int) -> None:
    for lane in range(LANES):
        samples = target[lane, channel]
        for n in range(length):
            samples[start + n] = signal[n, lane]


@njit(nogil=True)
def _section(signal: np.ndarray, length: int, taps: np.ndarray, section: int, state: np.ndarray, row: int) -> None:
    """Filter `signal` in place: v[n] = x[n] - a1 v[n-1] - a2 v[n-2], y[n] = b0 v[n] + b1 v[n-1] + b2 v[n-2]."""
    b0, b1, b2 = load(taps, _TAPS * section), load(taps, _TAPS * section + 1), load(taps, _TAPS * section + 2)
    a1 = every(0.0) - load(taps, _TAPS * section + 3)
    a2 = every(0.0) - load(taps, _TAPS * section + 4)
    before, earlier = load(state, row), load(state, row + 1)
    for n in range(length):
        v = madd(a1, before, madd(a2, earlier, load(signal, n)))
        store(signal, n, madd(b0, v, madd(b1, before, b2 * earlier)))
        earlier = before
        before = v
    store(state, row, _flushed(before))
    store(state, row + 1, _flushed(earlier))


@njit(nogil=True)
def _section_again(
    signal: np.ndarray, length: int, taps: np.ndarray, section: int, state: np.ndarray, row: int, inner: np.ndarray
) -> None:
    """Do as `_section` and keep v in `inner`, whose first two rows are v[-2] and v[-1]."""
    b0, b1, b2 = load(taps, _TAPS * section), load(taps, _TAPS * section + 1), load(taps, _TAPS * section + 2)
    a1 = every(0.0) - load(taps, _TAPS * section + 3)
    a2 = every(0.0) - load(taps, _TAPS * section + 4)
    before, earlier = load(state, row), load(state, row + 1)
    store(inner, 0, earlier)
    store(inner, 1, before)
    for n in range(length):
        v = madd(a1, before, madd(a2, earlier, load(signal, n)))
        store(inner, n + 2, v)
        store(signal, n, madd(b0, v, madd(b1, before, b2 * earlier)))
        earlier = before
        before = v


@njit(nogil=True)
def _section_backwards(
    of_output: np.ndarray,
    of_input: np.ndarray,
    length: int,
    taps: np.ndarray,
    section: int,
    adjoint: np.ndarray,
    row: int,
) -> None:
    """Turn the gradient of a section's output into that of its input: the same filter, backwards in time."""
    b0, b1, b2 = load(taps, _TAPS * section), load(taps, _TAPS * section + 1), load(taps, _TAPS * section + 2)
    a1 = every(0.0) - load(taps, _TAPS * section + 3)
    a2 = every(0.0) - load(taps, _TAPS * section + 4)
    after, later = load(adjoint, row), load(adjoint, row + 1)
    for n in range(length - 1, -1, -1):
        w = madd(a1, after, madd(a2, later, load(of_output, n)))
        store(of_input, n, madd(b0, w, madd(b1, after, b2 * later)))
        later = after
        after = w
    store(adjoint, row, _flushed(after))
    store(adjoint, row + 1, _flushed(later))


@njit(nogil=True)
def _add_taps_gradient(
    of_output: np.ndarray, of_input: np.ndarray, inner: np.ndarray, length: int, to_taps: np.ndarray, section: int
) -> None:
    """Add dL/db_j = Σ g[n] v[n-j] and dL/da_j = -Σ h[n] v[n-j], g and h the gradients of output and input."""
    b0 = b1 = b2 = a1 = a2 = every(0.0)
    before, earlier = load(inner, 1), load(inner, 0)
    for n in range(length):
        v, g, h = load(inner, n + 2), load(of_output, n), load(of_input, n)
        b0 = madd(g, v, b0)
        b1 = madd(g, before, b1)
        b2 = madd(g, earlier, b2)
        a1 = madd(h, before, a1)
        a2 = madd(h, earlier, a2)
        earlier = before
        before = v
    first = _TAPS * section
    store(to_taps, first, load(to_taps, first) + b0)
    store(to_taps, first + 1, load(to_taps, first + 1) + b1)
    store(to_taps, first + 2, load(to_taps, first + 2) + b2)
    store(to_taps, first + 3, load(to_taps, first + 3) - a1)
    store(to_taps, first + 4, load(to_taps, first + 4) - a2)


@njit(nogil=True)
def _level(left, right):  # type: ignore[no-untyped-def]
    return log2(larger(larger(magnitude(left), magnitude(right)), every(_LOWEST_PEAK))) * every(_DECIBELS_PER_OCTAVE)


@njit(nogil=True)
def _target(level, start, slope, knee, curvature):  # type: ignore[no-untyped-def]
    """Return the gain of the static curve in dB; it begins to bend at `start`; `curvature` is 1 / (2 knee)."""
    above = larger(level - start, every(0.0))
    inside = smaller(above, knee)
    return slope * madd(inside * inside, curvature, above - inside)


@njit(nogil=True)
def _compress(signals: np.ndarray, length: int, dynamics: np.ndarray, state: np.ndarray, row: int) -> None:
    slope, knee, attack, release = load(dynamics, 1), load(dynamics, 2), load(dynamics, 3), load(dynamics, 4)
    start = load(dynamics, 0) - knee * every(0.5)
    curvature = every(0.5) / knee
    is_stereo = signals.shape[0] == 2
    left, right = signals[0], signals[signals.shape[0] - 1]
    gain = load(state, row)
    for n in range(length):
        one, other = load(left, n), load(right, n)
        distance = _target(_level(one, other), start, slope, knee, curvature) - gain
        gain = madd(if_less(distance, every(0.0), attack, release), distance, gain)
        factor = exp2(gain * every(1 / _DECIBELS_PER_OCTAVE))
        store(left, n, one * factor)
        if is_stereo:
            store(right, n, other * factor)
    store(state, row, _flushed(gain))


@njit(nogil=True)
def _compress_again(
    signals: np.ndarray,
    length: int,
    dynamics: np.ndarray,
    state: np.ndarray,
    row: int,
    levels: np.ndarray,
    gains: np.ndarray,
) -> None:
    """Keep what `_compress` makes of `signals`: the levels, and the gains after a first row with that before."""
    slope, knee, attack, release = load(dynamics, 1), load(dynamics, 2), load(dynamics, 3), load(dynamics, 4)
    start = load(dynamics, 0) - knee * every(0.5)
    curvature = every(0.5) / knee
    left, right = signals[0], signals[signals.shape[0] - 1]
    gain = load(state, row)
    store(gains, 0, gain)
    for n in range(length):
        level = _level(load(left, n), load(right, n))
        distance = _target(level, start, slope, knee, curvature) - gain
        gain = madd(if_less(distance, every(0.0), attack, release), distance, gain)
        store(levels, n, level)
        store(gains, n + 1, gain)


@njit(nogil=True)
def _share(one, other):  # type: ignore[no-untyped-def]
    """Return what a slope of the level in dB means for sample `one`: all, half of it at a tie, or nothing."""
    size, rival = magnitude(one), magnitude(other)
    wins = if_less(
        size, rival, every(0.0), if_less(rival, size, every(_DECIBELS_PER_NEPER), every(_DECIBELS_PER_NEPER / 2))
    )
    return if_less(every(_LOWEST_PEAK), size, wins / one, every(0.0))


@njit(nogil=True)
def _compress_backwards(
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
    slope, knee, attack, release = load(dynamics, 1), load(dynamics, 2), load(dynamics, 3), load(dynamics, 4)
    start = load(dynamics, 0) - knee * every(0.5)
    curvature = every(0.5) / knee
    is_stereo = signals.shape[0] == 2
    left, right = signals[0], signals[signals.shape[0] - 1]
    to_left, to_right = gradients[0], gradients[signals.shape[0] - 1]
    zero = every(0.0)
    to_threshold = to_slope = to_knee = to_attack = to_release = zero
    turned = load(adjoint, row)
    for n in range(length - 1, -1, -1):
        one, other = load(left, n), load(right, n)
        factor = exp2(load(gains, n + 1) * every(1 / _DECIBELS_PER_OCTAVE))
        to_one, to_other = load(to_left, n), load(to_right, n)
        to_factor = madd(to_one, one, to_other * other) if is_stereo else to_one * one
        turned = madd(to_factor, factor * every(1 / _DECIBELS_PER_NEPER), turned)
        level = load(levels, n)
        before = load(gains, n)
        above = larger(level - start, zero)
        inside = smaller(above, knee)
        bend = madd(inside * inside, curvature, above - inside)
        distance = slope * bend - before
        moved = turned * distance
        to_attack = to_attack + if_less(distance, zero, moved, zero)
        to_release = to_release + if_less(distance, zero, zero, moved)
        to_target = turned * if_less(distance, zero, attack, release)
        turned = turned - to_target
        steepness = inside * curvature  # half of the part of the slope that is reached
        to_slope = madd(to_target, bend, to_slope)
        to_level = to_target * slope * (steepness + steepness)
        to_threshold = to_threshold - to_level
        to_knee = madd(to_target * slope, steepness - every(2.0) * steepness * steepness, to_knee)
        to_one = to_one * factor
        if is_stereo:
            store(to_right, n, madd(to_level, _share(other, one), to_other * factor))
            store(right, n, other * factor)
            store(to_left, n, madd(to_level, _share(one, other), to_one))
        else:
            store(
                to_left,
                n,
                madd(
                    to_level,
                    if_less(every(_LOWEST_PEAK), magnitude(one), every(_DECIBELS_PER_NEPER) / one, zero),
                    to_one,
                ),
            )
        store(left, n, one * factor)
    store(adjoint, row, _flushed(turned))
    for place, total in enumerate((to_threshold, to_slope, to_knee, to_attack, to_release)):
        store(to_dynamics, place, load(to_dynamics, place) + total)


@njit(cache=True, nogil=True)
def run_forwards(
    source: np.ndarray,
    track: np.ndarray,
    taps: np.ndarray,
    dynamics: np.ndarray,
    compresses: bool,
    state: np.ndarray,
    marks: np.ndarray,
    heard: np.ndarray,
) -> None:
    """Write what leaves the strips of a group.

    Args:
        source: Tracks (tracks, channels, samples), from a beginning of a block on.
        track: Number of each lane's track, -1 for none, (LANES,).
        taps: Rows as the module says.
        dynamics: Rows as the module says.
        compresses: Whether any lane does.
        state: Rows as the module says; carried on.
        marks: Receives the state before every block (blocks, rows, LANES); none are kept if it is empty.
        heard: Receives the result (LANES, channels, samples).
    """
    channels, samples = source.shape[1], source.shape[2]
    sections = taps.shape[0] // _TAPS
    signals = np.empty((channels, BLOCK, LANES))
    for start in range(0, samples, BLOCK):
        length = min(BLOCK, samples - start)
        if marks.shape[0] > 0:
            marks[start // BLOCK] = state
        for channel in range(channels):
            _read(source, track, channel, start, length, signals[channel])
            for section in range(sections):
                _section(signals[channel], length, taps, section, state, 2 * (channel * sections + section))
        if compresses:
            _compress(signals, length, dynamics, state, 2 * channels * sections)
        for channel in range(channels):
            _write(signals[channel], heard, channel, start, length)


@njit(cache=True, nogil=True)
def run_backwards(
    source: np.ndarray,
    track: np.ndarray,
    taps: np.ndarray,
    dynamics: np.ndarray,
    compresses: bool,
    marks: np.ndarray,
    adjoint: np.ndarray,
    gradient: np.ndarray,
    to_taps: np.ndarray,
    to_dynamics: np.ndarray,
    to_source: np.ndarray,
) -> None:
    """Turn the gradient of what leaves the strips of a group into those of all that enters; add up those of knobs.

    Args:
        source: As for `run_forwards`.
        track: As for `run_forwards`.
        taps: As for `run_forwards`.
        dynamics: As for `run_forwards`.
        compresses: As for `run_forwards`.
        marks: As `run_forwards` left them.
        adjoint: Rows as the module says; carried on, towards the beginning.
        gradient: Of what was heard (LANES, channels, samples); what was heard takes its place.
        to_taps: Receives, added, the gradient of `taps`.
        to_dynamics: Receives, added, the gradient of `dynamics`.
        to_source: Receives the gradient of each lane's track (LANES, channels, samples); left alone if empty.
    """
    channels, samples = source.shape[1], source.shape[2]
    sections = taps.shape[0] // _TAPS
    signals, gradients = np.empty((channels, BLOCK, LANES)), np.empty((channels, BLOCK, LANES))
    inner = np.empty((channels * sections, BLOCK + 2, LANES))
    levels, gains, turned = np.empty((BLOCK, LANES)), np.empty((BLOCK + 1, LANES)), np.empty((BLOCK, LANES))
    everyone = np.arange(LANES)
    for block in range((samples - 1) // BLOCK, -1, -1):
        start, state = block * BLOCK, marks[block]
        length = min(BLOCK, samples - start)
        for channel in range(channels):
            _read(source, track, channel, start, length, signals[channel])
            _read(gradient, everyone, channel, start, length, gradients[channel])
            for section in range(sections):
                place = channel * sections + section
                _section_again(signals[channel], length, taps, section, state, 2 * place, inner[place])
        if compresses:
            row = 2 * channels * sections
            _compress_again(signals, length, dynamics, state, row, levels, gains)
            _compress_backwards(signals, gradients, length, dynamics, adjoint, row, levels, gains, to_dynamics)
        for channel in range(channels):
            _write(signals[channel], gradient, channel, start, length)
            for section in range(sections - 1, -1, -1):
                place = channel * sections + section
                _section_backwards(gradients[channel], turned, length, taps, section, adjoint, 2 * place)
                _add_taps_gradient(gradients[channel], turned, inner[place], length, to_taps, section)
                gradients[channel, :length] = turned[:length]
            if to_source.shape[2] > 0:
                _write(gradients[channel], to_source, channel, start, length)


@njit(cache=True, nogil=True)
def mix_forwards(
    heard: np.ndarray, slots: np.ndarray, gains: np.ndarray, reaches: np.ndarray, start: int, out: np.ndarray
) -> None:
    """Add the lanes of one mix to its outputs, in their order.

    Args:
        heard: What left the strips (slots, channels, length).
        slots: Where those of this mix are (lanes,).
        gains: (lanes, outputs, channels), of the audio's type.
        reaches: Which gains are read (lanes, outputs).
        start: First sample in `out`.
        out: (outputs, samples).
    """
    length = heard.shape[2]
    for lane in range(slots.shape[0]):
        for output in range(out.shape[0]):
            if reaches[lane, output]:
                total = out[output, start : start + length]
                for channel in range(heard.shape[1]):
                    gain = gains[lane, output, channel]
                    samples = heard[slots[lane], channel]
                    for n in range(length):
                        total[n] += gain * samples[n]


@njit(cache=True, nogil=True)
def mix_backwards(
    gradient: np.ndarray, slots: np.ndarray, gains: np.ndarray, reaches: np.ndarray, start: int, to_heard: np.ndarray
) -> None:
    """Write the gradient of what left the strips, (slots, channels, length); otherwise as `mix_forwards`."""
    length = to_heard.shape[2]
    for lane in range(slots.shape[0]):
        for channel in range(to_heard.shape[1]):
            total = to_heard[slots[lane], channel]
            total[:] = 0
            for output in range(gradient.shape[0]):
                if reaches[lane, output]:
                    gain = gains[lane, output, channel]
                    samples = gradient[output, start : start + length]
                    for n in range(length):
                        total[n] += gain * samples[n]


@njit(cache=True, nogil=True, fastmath={"reassoc"})  # so that a sum of products can use vectors
def add_gains_gradient(
    gradient: np.ndarray, slots: np.ndarray, reaches: np.ndarray, start: int, heard: np.ndarray, to_gains: np.ndarray
) -> None:
    """Add the gradient of the gains to `to_gains` (lanes, outputs, channels), float64; otherwise as `mix_forwards`."""
    length = heard.shape[2]
    for lane in range(slots.shape[0]):
        for output in range(gradient.shape[0]):
            if reaches[lane, output]:
                slope = gradient[output, start : start + length]
                for channel in range(heard.shape[1]):
                    samples = heard[slots[lane], channel]
                    total = 0.0
                    for n in range(length):
                        total += np.float64(slope[n]) * np.float64(samples[n])
                    to_gains[lane, output, channel] += total


@njit(cache=True, nogil=True)
def add_lanes(parts: np.ndarray, slots: np.ndarray, start: int, total: np.ndarray) -> None:
    """Add rows `slots` of `parts` (slots, channels, length) to `total` (channels, samples) from `start` on."""
    for slot in slots:
        for channel in range(parts.shape[1]):
            for n in range(parts.shape[2]):
                total[channel, start + n] += parts[slot, channel, n]
