import math

import pytest
import torch
from scipy.signal import sosfilt
from torch import Tensor

from gen_mix.console.compressor import compressor_gain_db, level_db
from gen_mix.console.console import render_strip
from gen_mix.console.delay import echo
from gen_mix.console.filters import equalize
from gen_mix.console.knobs import Knobs, bus_knobs, track_knobs
from gen_mix.console.layout import DELAY, LAYOUT, REVERB, TRACK
from gen_mix.console.reverb import reverberate
from gen_mix.evaluation.heard import FLOOR_DB, HEARD, hear, take_excerpts
from gen_mix.loudness import k_weighting
from gen_mix.mix import MixParameters
from gen_mix.sessions.session import Session
from tests.evaluation.sound import SAMPLE_RATE, bursts, neutral, random_mixes, session_of, turned


def column(heard: Tensor, name: str) -> Tensor:
    return heard[..., HEARD.index(name)]


def weighted_db(audio: Tensor, is_active: Tensor) -> float:
    weighted = torch.from_numpy(sosfilt(k_weighting(SAMPLE_RATE), audio.double().numpy()))
    return float(10 * weighted.square().sum(0)[is_active].mean().log10())


def console_reduction_db(audio: Tensor, is_active: Tensor, knobs: Knobs) -> float:
    if not knobs.is_on("compressor"):
        return 0.0
    names = ("threshold_db", "ratio", "attack_ms", "release_ms", "knee_db")
    level = level_db(equalize(audio, knobs, SAMPLE_RATE))
    gain_db = compressor_gain_db(level, *(knobs.value(f"compressor.{name}") for name in names), SAMPLE_RATE)
    return -float(gain_db[is_active].mean())


@pytest.fixture(scope="module")
def session() -> Session:
    return session_of(bursts(1, seed=1), bursts(2, seed=2), 0.3 * bursts(1, seed=3))


def test_level_and_gain_reduction_are_those_of_the_console(session: Session) -> None:
    """Every knob anywhere: the many strips at once against the console, strip by strip."""
    mixes = random_mixes([False, True, False], 70, seed=4)
    excerpts = take_excerpts(session)
    heard = hear(excerpts, mixes)
    for mix in (0, 17, 64, 69):
        powers, reductions = [], []
        for place, track in enumerate(excerpts.tracks):
            audio, is_active = torch.from_numpy(track.audio), torch.from_numpy(track.is_active)
            knobs = track_knobs(mixes[mix], place)
            powers.append(10 ** (weighted_db(render_strip(audio, knobs, SAMPLE_RATE), is_active) / 10))
            reductions.append(console_reduction_db(audio, is_active, knobs))
        expected = torch.tensor(powers)
        level = 10 * (expected / expected.sum()).log10()
        torch.testing.assert_close(column(heard[mix], "level_lu"), level.float().clamp_min(-60), atol=0.05, rtol=0)
        torch.testing.assert_close(
            column(heard[mix], "gain_reduction_db"), torch.tensor(reductions), atol=0.05, rtol=0.002
        )


def test_neutral_strip_changes_nothing(session: Session) -> None:
    heard = hear(take_excerpts(session), neutral([False, True, False]))
    for name in HEARD[1:-2]:
        assert float(column(heard, name).abs().max()) < 1e-4
    assert (column(heard, "reverb_db") == FLOOR_DB).all()
    assert (column(heard, "delay_db") == FLOOR_DB).all()


def test_fader_moves_the_level_by_as_much(session: Session) -> None:
    is_stereo = [False, True, False]
    mixes = neutral(is_stereo)
    moved = mixes.normalized.clone()
    place = LAYOUT.index(TRACK, "fader_db")
    moved[:, 3, place] = LAYOUT.spec(TRACK, "fader_db").normalized(torch.tensor(6.0))
    before = column(hear(take_excerpts(session), mixes), "level_lu")[0]
    after = column(hear(take_excerpts(session), MixParameters(moved, mixes.mask)), "level_lu")[0]
    assert float((after - before)[0] - (after - before)[1]) == pytest.approx(6, abs=1e-3)
    assert float((10 ** (after / 10)).sum()) == pytest.approx(1, abs=1e-5)


def test_pan_is_heard_in_steps(session: Session) -> None:
    mixes = turned(neutral([False, True, False]), TRACK, {"pan": -0.331})
    torch.testing.assert_close(column(hear(take_excerpts(session), mixes), "pan"), torch.full((1, 3), -0.35))


def test_octave_of_a_bell_rises_most() -> None:
    knobs = {"eq.bell_3.on": 1.0, "eq.bell_3.freq_hz": 1000.0, "eq.bell_3.gain_db": 6.0, "eq.bell_3.q": 1.0}
    mixes = turned(neutral([False]), TRACK, knobs)
    response = hear(take_excerpts(session_of(bursts())), mixes)[0, 0, 2:11]
    assert int(response.argmax()) == HEARD.index("response_1000_db") - 2
    assert 4.5 < float(response.max()) < 6


@pytest.mark.parametrize("channels", [1, 2])
def test_reverb_return_is_as_loud_as_the_console_makes_it(channels: int) -> None:
    """The whole tail is heard, so the sound stops three seconds before the end."""
    silent = torch.zeros(channels, 3 * SAMPLE_RATE)
    audio = torch.cat([bursts(channels, 4.0), silent], dim=1)
    knobs = {"reverb_send.on": 1.0, "reverb_send.level_db": -12.0, "pan": 0.3}
    mixes = turned(neutral([channels == 2]), TRACK, knobs)
    mixes = turned(mixes, REVERB, {"decay_s": 1.2, "damping_hz": 3000.0, "low_cut_hz": 400.0})
    everywhere = torch.ones(audio.shape[1], dtype=torch.bool)
    dry = render_strip(audio, track_knobs(mixes, 0), SAMPLE_RATE)
    wet = reverberate(dry, bus_knobs(mixes, REVERB), SAMPLE_RATE)
    expected = weighted_db(wet, everywhere) - weighted_db(dry, everywhere) - 12
    heard = column(hear(take_excerpts(session_of(audio)), mixes), "reverb_db")
    assert float(heard) == pytest.approx(expected, abs=0.5)


@pytest.mark.parametrize(("channels", "ping_pong"), [(1, 0.0), (1, 0.7), (2, 0.5), (2, 1.0)])
def test_delay_return_is_as_loud_as_the_console_makes_it(channels: int, ping_pong: float) -> None:
    noise = torch.randn(channels, 2 * SAMPLE_RATE, generator=torch.Generator().manual_seed(0))
    audio = torch.cat([0.1 * (noise + noise[:1]), torch.zeros(channels, 8 * SAMPLE_RATE)], dim=1)
    knobs = {"delay_send.on": 1.0, "delay_send.level_db": -10.0, "pan": 0.6}
    mixes = turned(neutral([channels == 2]), TRACK, knobs)
    shape = {"time_ms": 310.0, "feedback": 0.8, "high_cut_hz": 2500.0, "ping_pong": ping_pong}
    mixes = turned(mixes, DELAY, shape)
    everywhere = torch.ones(audio.shape[1], dtype=torch.bool)
    dry = render_strip(audio, track_knobs(mixes, 0), SAMPLE_RATE)
    wet = echo(dry, bus_knobs(mixes, DELAY), SAMPLE_RATE)
    expected = weighted_db(wet, everywhere) - weighted_db(dry, everywhere) - 10
    heard = column(hear(take_excerpts(session_of(audio)), mixes), "delay_db")
    assert float(heard) == pytest.approx(expected, abs=0.5)


def test_excerpt_is_where_the_track_plays() -> None:
    audio = torch.zeros(1, 10 * SAMPLE_RATE)
    audio[:, 6 * SAMPLE_RATE : 8 * SAMPLE_RATE] = bursts(1, 2.0)
    excerpt = take_excerpts(session_of(audio), seconds=2.0).tracks[0]
    assert excerpt.is_active.mean() > 0.9
    assert math.isclose(float(excerpt.octaves.sum()), 1, abs_tol=1e-9)


def test_silent_track_is_finite_and_quietest(session: Session) -> None:
    silent = session_of(bursts(), torch.zeros(1, 3 * SAMPLE_RATE))
    heard = hear(take_excerpts(silent), random_mixes([False, False], 3))
    assert heard.isfinite().all()
    assert (column(heard, "level_lu")[:, 1] == -60).all()


def test_a_mix_is_heard_alone_as_in_a_batch(session: Session) -> None:
    mixes = random_mixes([False, True, False], 70)
    excerpts = take_excerpts(session)
    torch.testing.assert_close(hear(excerpts, mixes[41]), hear(excerpts, mixes)[41:42], atol=1e-4, rtol=1e-5)
