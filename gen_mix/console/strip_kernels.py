"""Filters and compressor of eight strips at once, forwards and backwards in time.

What `filter_cascade` and `compressor_gain_db` say one strip at a time, for a group of `LANES` strips with the same
number of channels. The audio passes in blocks that stay in the processor's cache. Forwards a mark is left at the
beginning of every block: the state of the filters and the gain. Backwards each block is computed again from its mark,
so nothing that is as long as the audio has to be kept for the gradient.

Rows of `LANES` numbers of a group with some channels and sections:

* taps: b0 b1 b2 a1 a2 of section after section;
* state: v[n-1] and v[n-2] of section after section, channel after channel; then the gain in dB;
* adjoint: the same two for the filters backwards in time, w[n+1] and w[n+2]; then the adjoint of the gain;
* dynamics: threshold in dB, slope 1/ratio - 1 (0: no compression), knee in dB, attack, release.
"""

import numpy as np
from numba import njit

from gen_mix.console.dynamics_kernels import compress, compress_again, compress_backwards
from gen_mix.console.section_kernels import (
    TAPS,
    add_taps_gradient,
    run_section,
    section_again,
    section_backwards,
)
from gen_mix.console.simd import LANES

BLOCK = 256
"""Samples between two marks."""


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
    sections = taps.shape[0] // TAPS
    signals = np.empty((channels, BLOCK, LANES))
    for start in range(0, samples, BLOCK):
        length = min(BLOCK, samples - start)
        if marks.shape[0] > 0:
            marks[start // BLOCK] = state
        for channel in range(channels):
            _read(source, track, channel, start, length, signals[channel])
            for section in range(sections):
                run_section(signals[channel], length, taps, section, state, 2 * (channel * sections + section))
        if compresses:
            compress(signals, length, dynamics, state, 2 * channels * sections)
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
    sections = taps.shape[0] // TAPS
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
                section_again(signals[channel], length, taps, section, state, 2 * place, inner[place])
        if compresses:
            row = 2 * channels * sections
            compress_again(signals, length, dynamics, state, row, levels, gains)
            compress_backwards(signals, gradients, length, dynamics, adjoint, row, levels, gains, to_dynamics)
        for channel in range(channels):
            _write(signals[channel], gradient, channel, start, length)
            for section in range(sections - 1, -1, -1):
                place = channel * sections + section
                section_backwards(gradients[channel], turned, length, taps, section, adjoint, 2 * place)
                add_taps_gradient(gradients[channel], turned, inner[place], length, to_taps, section)
                gradients[channel, :length] = turned[:length]
            if to_source.shape[2] > 0:
                _write(gradients[channel], to_source, channel, start, length)
