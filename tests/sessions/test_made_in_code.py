"""Instruments, drum machines and treatments made in code: in tune, in time, reproducible, and no two alike."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("mido", reason="needs the extra `synth`")
pytest.importorskip("fluidsynth", reason="needs the extra `synth` and the FluidSynth library")

from gen_mix.sessions.synthetic import treatments
from gen_mix.sessions.synthetic.drum_machine import machine_drums, machine_percussion
from gen_mix.sessions.synthetic.faults import Take
from gen_mix.sessions.synthetic.lines import Line, line_of
from gen_mix.sessions.synthetic.synth_recipes import RECIPES
from gen_mix.sessions.synthetic.synthesizer import draw_patch, synthesize

RATE = 44100
BEAT = line_of(
    [
        [0.0, 0.1, 36, 110],
        [0.25, 0.3, 42, 80],
        [0.5, 0.6, 38, 100],
        [0.75, 0.8, 46, 60],
        [1.0, 1.1, 45, 90],
        [1.25, 1.3, 49, 100],
        [1.5, 1.6, 36, 50],
    ]
)


def one_note(pitch: float, seconds: float = 1.0, at: float = 0.0) -> Line:
    return line_of([[at, at + seconds, pitch, 100]])


def period_of(audio: np.ndarray, hz: float) -> float:
    """Return the frequency within a tone of `hz` at which audio repeats best, by autocorrelation."""
    heard = audio[RATE // 5 : RATE // 5 + 16384]
    correlation = np.fft.irfft(np.abs(np.fft.rfft(heard, 2 * len(heard))) ** 2)
    lags = np.arange(int(RATE / hz / 1.12), int(RATE / hz * 1.12))
    return float(RATE / lags[correlation[lags].argmax()])


@pytest.mark.parametrize("instrument", sorted(RECIPES))
def test_an_instrument_plays_in_tune(instrument: str) -> None:
    pitch = 45.0 if "bass" in instrument else 57.0
    hz = 440 * 2 ** ((pitch - 69) / 12)
    for seed in range(4):
        rng = np.random.default_rng(seed)
        patch = replace(draw_patch(instrument, rng), noise=0.0)
        audio = synthesize(one_note(pitch), patch, RATE, rng)
        assert audio.shape == (2, RATE)
        assert np.isfinite(audio).all()
        assert np.abs(audio).max() <= 1.0001
        assert abs(np.log2(period_of(audio[0] + audio[1], hz) / hz)) < 0.025  # thirty cents, vibrato and all


@pytest.mark.parametrize("instrument", sorted(RECIPES))
def test_a_later_note_is_the_same_note_later(instrument: str) -> None:
    patch = draw_patch(instrument, np.random.default_rng(3))
    now = synthesize(one_note(60, 0.5), patch, 2 * RATE, np.random.default_rng(5))
    later = synthesize(one_note(60, 0.5, at=0.5), patch, 2 * RATE, np.random.default_rng(5))
    assert not later[:, : RATE // 2].any()
    np.testing.assert_array_equal(later[:, RATE // 2 :], now[:, : 3 * RATE // 2])


def test_a_filter_that_is_further_open_is_brighter() -> None:
    patch = replace(draw_patch("synth_lead", np.random.default_rng(0)), sweep=0.0, resonance_db=0.0)
    centers = []
    for cutoff in (1.0, 2.0, 3.0, 4.0):
        audio = synthesize(one_note(57), replace(patch, cutoff=cutoff), RATE, np.random.default_rng(1))[0]
        power = np.abs(np.fft.rfft(audio)) ** 2
        centers.append(float((power * np.arange(len(power))).sum() / power.sum()))
    assert centers == sorted(centers)
    assert centers[-1] > 1.5 * centers[0]


def test_two_draws_sound_different_and_one_seed_sounds_the_same() -> None:
    sounds = []
    for seed in (1, 1, 2):
        rng = np.random.default_rng(seed)
        sounds.append(synthesize(one_note(50), draw_patch("synth_bass", rng), RATE, rng))
    np.testing.assert_array_equal(sounds[0], sounds[1])
    assert np.abs(sounds[0] - sounds[2]).max() > 0.1


@pytest.mark.parametrize("seed", range(4))
def test_the_loop_of_a_machine_is_all_of_its_tracks(seed: int) -> None:
    play = machine_drums(BEAT, 3 * RATE, np.random.default_rng(seed))
    parts = play("kick") + play("snare") + play("toms") + play("overheads")
    np.testing.assert_allclose(play("drum_loop"), parts, atol=1e-5)
    assert not play("snare")[0, : RATE // 2].any()
    assert np.abs(play("hihat")[0, RATE // 4 : RATE // 2]).max() > 0.05


def test_percussion_plays_one_sound_a_note() -> None:
    line = line_of([[0.0, 0.1, 70, 127], [0.5, 0.6, 54, 127]])
    audio = machine_percussion(line, 3 * RATE, np.random.default_rng(0))
    first, second = audio[0, : RATE // 2], audio[0, RATE // 2 : RATE]
    assert np.abs(first).max() > 0.5
    assert np.abs(second).max() > 0.5
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.5


def test_ducking_and_gates_only_take_away() -> None:
    audio = np.random.default_rng(0).standard_normal((2, RATE)).astype(np.float32)
    for treatment in (treatments._ducked, treatments._gated):
        for seed in range(5):
            heard = treatment(audio, 0.5, np.random.default_rng(seed))
            assert (np.abs(heard) <= np.abs(audio) * 1.0001).all()
            assert np.square(heard).sum() < 0.98 * np.square(audio).sum()


def test_echoes_come_by_the_beat() -> None:
    audio = np.zeros((1, RATE), np.float32)
    audio[0, 100] = 1
    for seed in range(5):
        heard = treatments._echoed(audio, 0.4, np.random.default_rng(seed))[0]
        first = 100 + int(np.abs(heard[101:]).argmax()) + 1
        assert heard[100] == pytest.approx(1)
        assert any(abs(first - 100 - share * 0.4 * RATE) <= 3 for share in (0.25, 0.5, 0.75, 1.0))


@pytest.mark.parametrize("channels", [1, 2])
def test_a_treated_take_is_as_long_and_as_loud_and_reproducible(channels: int) -> None:
    audio = np.random.default_rng(0).standard_normal((channels, RATE)).astype(np.float32) * np.float32(0.1)
    for seed in range(12):
        take = treatments.treated(Take("synth_lead", audio), 0.5, np.random.default_rng(seed))
        again = treatments.treated(Take("synth_lead", audio), 0.5, np.random.default_rng(seed))
        assert take.audio.shape == audio.shape
        assert np.isfinite(take.audio).all()
        assert np.abs(take.audio).max() == pytest.approx(np.abs(audio).max(), rel=1e-4)
        assert np.abs(take.audio - audio).max() > 1e-3
        np.testing.assert_array_equal(take.audio, again.audio)
