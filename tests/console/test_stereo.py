import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gen_mix.console.stereo import balance_stereo, pan_gains, pan_mono, widen

places = st.floats(-1, 1)


@given(places)
def test_pan_keeps_the_power(pan: float) -> None:
    assert pan_gains(torch.tensor(pan)).square().sum() == pytest.approx(1, abs=1e-6)


@given(places)
def test_mirrored_pans_mirror(pan: float) -> None:
    torch.testing.assert_close(pan_gains(torch.tensor(pan)), pan_gains(torch.tensor(-pan)).flip(-1), atol=1e-6, rtol=0)


def test_pan_ends_on_one_loudspeaker() -> None:
    sides = pan_mono(torch.ones(3, 1, 1), torch.tensor([-1.0, 0.0, 1.0]))[..., 0]
    half = math.sqrt(0.5)
    torch.testing.assert_close(sides, torch.tensor([[1.0, 0.0], [half, half], [0.0, 1.0]]), atol=1e-7, rtol=0)


@given(places)
def test_balance_keeps_the_power_of_equal_channels(pan: float) -> None:
    assert balance_stereo(torch.ones(2, 1), torch.tensor(pan)).square().sum() == pytest.approx(2, abs=1e-5)


@given(st.floats(0, 2))
def test_width_leaves_the_mono_sum(width: float) -> None:
    audio = torch.randn(2, 100, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(widen(audio, torch.tensor(width)).sum(0), audio.sum(0), atol=1e-5, rtol=0)


def test_width_scales_the_difference(generator: torch.Generator) -> None:
    audio = torch.randn(2, 100, generator=generator)
    for width in (0.0, 1.0, 2.0):
        wide = widen(audio, torch.tensor(width))
        torch.testing.assert_close(wide[0] - wide[1], width * (audio[0] - audio[1]), atol=1e-5, rtol=0)


@pytest.mark.parametrize("pan", [-1.0, 0.0, 1.0])
def test_gradients_are_slopes_at_the_ends(pan: float, generator: torch.Generator) -> None:
    audio = torch.randn(2, 5, generator=generator, dtype=torch.float64).requires_grad_()
    knob = torch.tensor(pan, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(pan_mono, (audio[:1], knob))
    assert torch.autograd.gradcheck(balance_stereo, (audio, knob))
    assert torch.autograd.gradcheck(widen, (audio, knob + 1))
