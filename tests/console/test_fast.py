"""The fast path sounds as the console that has gradients, alone, in a batch and block by block."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from numba import njit
from scipy import signal
from torch import Tensor

from gen_mix.console.approximation import exp2, log2
from gen_mix.console.console import render
from gen_mix.console.convolution import STEP, Convolver
from gen_mix.console.fast import render_fast
from gen_mix.console.layout import LAYOUT
from gen_mix.console.simd import LANES, load, store, transpose
from gen_mix.console.stream import BLOCK, ConsoleStream, blocks_of
from gen_mix.mix import MixParameters
from tests.console.desk import RATE, console, random_console, signals

SIDES = [False, True, False, True, True, False, False]


def noises(is_stereo: list[bool], samples: int, generator: torch.Generator) -> list[Tensor]:
    return [0.1 * torch.randn(2 if stereo else 1, samples, generator=generator) for stereo in is_stereo]


def distance_db(one: Tensor, other: Tensor) -> float:
    """Return the highest difference of two sounds, in dB below the highest sample."""
    difference = float((one - other).abs().max() / other.abs().max())
    return 20 * math.log10(difference) if difference else -math.inf


@pytest.mark.parametrize("rate", (44100, 48000, 96000))
def test_it_is_the_sound_of_the_console_with_gradients(rate: int, generator: torch.Generator) -> None:
    tracks, parameters = noises(SIDES, 2503, generator), random_console(SIDES, 4, generator)
    with torch.no_grad():
        expected = render(tracks, parameters, rate)
    heard = render_fast(tracks, parameters, rate)
    for mix in range(4):
        assert distance_db(heard[mix], expected[mix]) < -100


@pytest.mark.slow
@pytest.mark.parametrize("rate", (44100, 48000, 96000))
def test_it_is_that_sound_for_two_hundred_settings(rate: int, generator: torch.Generator) -> None:
    tracks, parameters = noises(SIDES, BLOCK + 77, generator), random_console(SIDES, 67, generator)
    for mix in range(67):
        with torch.no_grad():
            expected = render(tracks, parameters[mix], rate)
        assert distance_db(render_fast(tracks, parameters[mix], rate), expected) < -80


def test_a_mix_has_the_same_samples_alone_and_among_others(generator: torch.Generator) -> None:
    tracks, parameters = noises(SIDES, 3001, generator), random_console(SIDES, 5, generator)
    together = render_fast(tracks, parameters, RATE)
    for mix in range(5):
        assert torch.equal(together[mix], render_fast(tracks, parameters[mix], RATE)[0])


def test_threads_change_nothing(generator: torch.Generator) -> None:
    tracks, parameters = noises(SIDES, BLOCK + 5, generator), random_console(SIDES, 2, generator)
    before = torch.get_num_threads()
    try:
        heard = []
        for threads in (1, 3):
            torch.set_num_threads(threads)
            heard.append(render_fast(tracks, parameters, RATE))
    finally:
        torch.set_num_threads(before)
    assert torch.equal(*heard)


def test_a_song_in_blocks_goes_on_where_it_was(generator: torch.Generator) -> None:
    """Three blocks are a song, and its first block is the song that ends there."""
    tracks, parameters = noises(SIDES, 2 * BLOCK + 1234, generator), random_console(SIDES, 1, generator)
    whole = render_fast(tracks, parameters, RATE)
    begun = render_fast([track[:, :BLOCK] for track in tracks], parameters, RATE)
    assert torch.equal(whole[..., :BLOCK], begun)
    stream = ConsoleStream(parameters, SIDES, RATE)
    blocks = list(blocks_of(tracks))
    again = torch.cat([*stream(blocks[:1]), *stream(blocks[1:])], -1)
    assert torch.equal(whole, again)
    with torch.no_grad():
        assert distance_db(whole, render(tracks, parameters, RATE)) < -100


def test_a_side_that_no_strip_reaches_holds_reverberation_and_nothing_else(generator: torch.Generator) -> None:
    track = 0.1 * torch.randn(1, 3 * BLOCK, generator=generator)
    parameters = console([False], {(3, "pan"): -1.0, (3, "reverb_send.on"): 1.0, (3, "reverb_send.level_db"): 0.0})
    with torch.no_grad():
        assert distance_db(render_fast([track], parameters, RATE), render([track], parameters, RATE)) < -100


def test_padding_is_never_heard(generator: torch.Generator) -> None:
    tracks, parameters = noises(SIDES, 1000, generator), random_console(SIDES, 1, generator)
    rubbish = torch.full((1, 2, LAYOUT.width), float("nan"))
    padded = MixParameters(torch.cat([parameters.normalized, rubbish], 1), torch.cat([parameters.mask, rubbish > 0], 1))
    assert torch.equal(render_fast(tracks, parameters, RATE), render_fast(tracks, padded, RATE))


def test_every_signal_stays_finite_and_silence_silent(generator: torch.Generator) -> None:
    parameters = random_console([True, False], 4, generator)
    for name, audio in signals(2000, generator).items():
        heard = render_fast([audio, audio[:1]], parameters, RATE)
        assert heard.isfinite().all(), name
        if name == "silence":
            assert not heard.any()


def test_the_neutral_console_changes_nothing(generator: torch.Generator) -> None:
    track = torch.randn(2, 700, generator=generator)
    assert distance_db(render_fast([track], console([True], {}), RATE)[0], track) < -120


@pytest.mark.parametrize("shapes", [[], [(2, 5)] * 2, [(3, 5)], [(1, 5), (1, 6)], [(5,)], [(1, 0)]])
def test_wrong_tracks_are_refused(shapes: list[tuple[int, ...]]) -> None:
    is_stereo = [False] * (1 if shapes == [(2, 5)] * 2 else max(1, len(shapes)))
    with pytest.raises(ValueError, match="expected"):
        render_fast([torch.zeros(shape) for shape in shapes], console(is_stereo, {}), RATE)


@pytest.mark.parametrize("wrong", (float("nan"), 1.5, -0.2))
def test_a_setting_out_of_range_is_named(wrong: float) -> None:
    parameters = console([False, False], {})
    parameters.normalized[0, 4, LAYOUT.index("track", "fader_db")] = wrong
    with pytest.raises(ValueError, match=r"mix 0, track 1, fader_db: expected -60 to 18 dB, got (nan|57|-75\.6) dB"):
        render_fast([torch.zeros(1, 5)] * 2, parameters, RATE)


@pytest.mark.parametrize("rate", (0, -44100, 44100.0))
def test_a_wrong_rate_is_named(rate: int) -> None:
    with pytest.raises(ValueError, match="sample_rate: expected"):
        render_fast([torch.zeros(1, 5)], console([False], {}), rate)


def test_settings_of_another_shape_are_named() -> None:
    narrow = MixParameters(torch.zeros(1, 4, 7), torch.ones(1, 4, 7, dtype=torch.bool))
    with pytest.raises(ValueError, match=f"parameters: expected {LAYOUT.width} places per token, got 7"):
        render_fast([torch.zeros(1, 5)], narrow, RATE)


def test_a_block_of_other_tracks_is_refused() -> None:
    stream = ConsoleStream(console([False], {}), [False], RATE)
    with pytest.raises(ValueError, match="expected 1 tracks of up to"):
        list(stream([[torch.zeros(2, 5)]]))


def test_the_convolution_is_that_of_the_definition(generator: torch.Generator) -> None:
    audio = torch.randn(2, 3 * STEP + 99, generator=generator).numpy()
    pair = torch.randn(2, STEP + 5, generator=generator).numpy()
    (left, right), (first, second) = audio.astype(np.float64), pair.astype(np.float64)
    expected = np.stack([
        signal.fftconvolve(left, first) + signal.fftconvolve(right, second),
        signal.fftconvolve(left, second) - signal.fftconvolve(right, first),
    ])[:, : audio.shape[1]]  # fmt: skip
    for pieces in ((0, audio.shape[1]), (0, STEP, 3 * STEP, audio.shape[1])):
        convolver = Convolver(pair[0] + 1j * pair[1])
        heard = np.empty_like(audio)
        for first, last in pairwise(pieces):
            convolver(audio[:, first:last], heard[:, first:last])
        assert np.abs(heard - expected).max() < 1e-5 * np.abs(expected).max()


@njit
def _logarithms_and_powers(x: np.ndarray, logarithms: np.ndarray, powers: np.ndarray) -> None:
    for place in range(0, x.size, LANES):
        store(logarithms, place, log2(load(x, place)))
        store(powers, place, exp2(load(logarithms, place)))


def test_logarithm_and_power_are_exact_to_float32(generator: torch.Generator) -> None:
    x = torch.exp(14 * (torch.rand(80 * LANES, generator=generator) * 2 - 1)).numpy()
    x[:4] = 1.0, 2.0, 0.5, np.sqrt(np.float32(0.5))
    logarithms, powers = np.empty_like(x), np.empty_like(x)
    _logarithms_and_powers(x, logarithms, powers)
    exact = np.log2(x.astype(np.float64))
    assert (np.abs(logarithms - exact) / np.maximum(1, np.abs(exact))).max() < 2e-7
    assert np.abs(powers / np.exp2(logarithms.astype(np.float64)) - 1).max() < 4e-7
    assert (logarithms[0], powers[0]) == (0.0, 1.0)


@njit
def _transposed(x: np.ndarray, y: np.ndarray) -> None:
    rows = transpose(
        load(x, 0), load(x, 8), load(x, 16), load(x, 24), load(x, 32), load(x, 40), load(x, 48), load(x, 56)
    )
    for row in range(LANES):
        store(y, row * LANES, rows[row])


def test_rows_become_columns() -> None:
    table = np.arange(LANES * LANES, dtype=np.float32)
    turned = np.empty_like(table)
    _transposed(table, turned)
    assert np.array_equal(turned.reshape(LANES, LANES), table.reshape(LANES, LANES).T)
