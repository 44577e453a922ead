import pytest
import scipy.signal
import torch

from gen_mix.console.delay import echo
from gen_mix.console.knobs import Knobs
from tests.console.desk import decibels, knobs

RATE = 8000


def _loop(
    audio: torch.Tensor, time_samples: int, feedback: float, high_cut_hz: float, ping_pong: float
) -> torch.Tensor:
    """Return the echoes, sample by sample: two lines, a filter each, and what goes back into them."""
    b, a = scipy.signal.butter(2, min(high_cut_hz, 0.45 * RATE), fs=RATE)
    fed = audio.clone()
    fed[0] = (1 - ping_pong) * audio[0] + ping_pong * (audio[0] + audio[1]) / 2**0.5
    fed[1] = (1 - ping_pong) * audio[1]
    lines = torch.zeros_like(fed)
    out = torch.zeros_like(fed)
    for n in range(audio.shape[-1]):
        for side in (0, 1):
            reached = [float(lines[side, n - time_samples - k]) if n >= time_samples + k else 0.0 for k in range(3)]
            before = [float(out[side, n - k]) if n >= k else 0.0 for k in (1, 2)]
            out[side, n] = sum(b[k] * reached[k] for k in range(3)) - a[1] * before[0] - a[2] * before[1]
        crossed = (1 - ping_pong) * out[:, n] + ping_pong * out[:, n].flip(0)
        lines[:, n] = fed[:, n] + feedback * crossed
    return out


@pytest.mark.parametrize(("time_ms", "feedback", "high_cut_hz", "ping_pong"), [
    (25.0, 0.0, 16000.0, 0.0),
    (25.0, 0.9, 2000.0, 0.0),
    (40.0, 0.5, 800.0, 0.5),
    (30.0, 0.7, 3000.0, 1.0),
])  # fmt: skip
def test_echoes_are_those_of_a_plain_loop_to_the_sample(
    time_ms: float, feedback: float, high_cut_hz: float, ping_pong: float, generator: torch.Generator
) -> None:
    audio = torch.randn(2, 1500, generator=generator, dtype=torch.float64)
    bus = knobs("delay", {"time_ms": time_ms, "feedback": feedback, "high_cut_hz": high_cut_hz, "ping_pong": ping_pong})
    expected = _loop(audio, round(time_ms * RATE / 1000), feedback, high_cut_hz, ping_pong)
    torch.testing.assert_close(echo(audio, bus, RATE), expected, atol=1e-5, rtol=0)


def test_nothing_comes_before_the_first_echo(generator: torch.Generator) -> None:
    audio = torch.randn(2, 44100, generator=generator)
    assert echo(audio, knobs("delay", {"time_ms": 300.0}), 44100)[:, :13230].abs().max() < 1e-6


@pytest.mark.parametrize("time_ms", [350.0, 350.0 + 500 / 44100])
def test_echoes_that_outlive_the_audio_do_not_wrap_round(time_ms: float, generator: torch.Generator) -> None:
    audio = torch.randn(2, 44100, generator=generator)
    bus = knobs("delay", {"time_ms": time_ms, "feedback": 0.9, "high_cut_hz": 16000.0})
    longer = echo(torch.nn.functional.pad(audio, (0, 4 * 44100)), bus, 44100)[:, :44100]
    assert decibels((echo(audio, bus, 44100) - longer).abs().max() / longer.abs().max()) < -120


def test_a_delay_between_two_samples_lies_between() -> None:
    seconds = torch.arange(4000, dtype=torch.float64) / RATE
    tone = torch.sin(2 * torch.pi * 500 * seconds).expand(2, -1)
    exact = torch.sin(2 * torch.pi * 500 * (seconds - 0.0500625)).expand(2, -1)  # 400.5 samples
    bus = {"feedback": 0.0, "high_cut_hz": 16000.0}
    half, whole = (echo(tone, knobs("delay", {**bus, "time_ms": ms}), RATE) for ms in (50.0625, 50.0))
    shift = torch.sin(2 * torch.pi * 500 * (seconds - 0.05)).expand(2, -1)
    late = slice(2000, 4000)
    # The high cut shifts the tone as well, the same in both: compare how far apart the two delays are.
    torch.testing.assert_close(
        (half * whole)[:, late].mean() / whole[:, late].square().mean(),
        (exact * shift)[:, late].mean() / shift[:, late].square().mean(),
        atol=1e-3,
        rtol=0,
    )


def test_ping_pong_changes_sides() -> None:
    audio = torch.zeros(2, 4000)
    audio[:, 0] = 0.7
    out = echo(audio, knobs("delay", {"time_ms": 100.0, "feedback": 0.6, "ping_pong": 1.0}), RATE)
    for turn in range(4):
        left, right = out[:, 800 * (turn + 1) - 2 : 800 * (turn + 2) - 2].norm(dim=-1)
        loud, quiet = (left, right) if turn % 2 == 0 else (right, left)
        assert decibels(quiet / loud) < -60


def test_gradients_are_slopes_where_several_echoes_sound(generator: torch.Generator) -> None:
    audio = torch.randn(2, 130, generator=generator, dtype=torch.float64)
    row = knobs("delay", {"time_ms": 30.0134, "feedback": 0.6, "high_cut_hz": 850.0, "ping_pong": 0.3}).normalized
    row.requires_grad_()
    assert torch.autograd.gradcheck(lambda places: echo(audio, Knobs("delay", places), 2000), (row,))
