"""Facts about doing less and more."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gen_mix.console.layout import DELAY, LAYOUT, MASTER, REVERB, TRACK
from gen_mix.mix import MixParameters
from gen_mix.steering.amounts import with_amounts
from gen_mix.wishes import Amounts


def mixes(seed: int = 0) -> MixParameters:
    """Return three random canonical mixes of four tracks."""
    is_track, is_stereo = torch.ones(3, 4, dtype=torch.bool), torch.tensor([[True, False, True, False]]).expand(3, -1)
    mask = LAYOUT.mask(is_track, is_stereo)
    normalized = torch.rand(mask.shape, generator=torch.Generator().manual_seed(seed))
    return LAYOUT.canonical(MixParameters(normalized, mask))


def test_an_amount_of_one_changes_nothing() -> None:
    assert torch.equal(with_amounts(mixes(), Amounts()).normalized, mixes().normalized)


def test_an_amount_of_nothing_is_the_neutral_console_with_flat_faders() -> None:
    done = with_amounts(mixes(), Amounts(0, 0, 0, 0, 0))
    faders = LAYOUT.value(done, TRACK, "fader_db")
    assert torch.allclose(faders, faders[:, :1].expand_as(faders), atol=1e-4)
    is_stereo = mixes().mask[:, LAYOUT.tokens(TRACK), LAYOUT.index(TRACK, "width")]
    neutral = LAYOUT.canonical(LAYOUT.neutral(torch.ones(3, 4, dtype=torch.bool), is_stereo))
    fader = LAYOUT.index(TRACK, "fader_db")
    strips = done.normalized.clone()
    strips[:, LAYOUT.tokens(TRACK), fader] = neutral.normalized[:, LAYOUT.tokens(TRACK), fader]
    for kind in (MASTER, TRACK):
        assert torch.allclose(strips[:, LAYOUT.tokens(kind)], neutral.normalized[:, LAYOUT.tokens(kind)], atol=1e-6)
    for kind in (REVERB, DELAY):
        assert torch.equal(done.normalized[:, LAYOUT.tokens(kind)], mixes().normalized[:, LAYOUT.tokens(kind)])


@pytest.mark.parametrize("aspect", ["level", "pan", "eq", "dynamics", "space"])
def test_an_aspect_leaves_the_others_alone(aspect: str) -> None:
    own = {
        "level": ("fader_db",),
        "pan": ("pan", "width"),
        "eq": ("eq", "high_pass"),
        "dynamics": ("compressor",),
        "space": ("reverb_send", "delay_send"),
    }
    done, before = with_amounts(mixes(), replace(Amounts(), **{aspect: 0.4})), mixes()
    for kind in (TRACK, MASTER):
        for place, spec in enumerate(LAYOUT.specs(kind)):
            pair = [one.normalized[:, LAYOUT.tokens(kind), place] for one in (done, before)]
            if spec.name.split(".")[0] not in own[aspect]:
                assert torch.equal(*pair), spec.name
    assert not torch.equal(done.normalized, before.normalized)


@given(st.floats(0, 2))
def test_the_summed_power_of_the_faders_stays(amount: float) -> None:
    pair = [LAYOUT.value(one, TRACK, "fader_db") for one in (mixes(), with_amounts(mixes(), Amounts(level=amount)))]
    powers = [(10 ** (faders.double() / 10)).sum(-1) for faders in pair]
    inside = (pair[1] > -59.9).all(-1) & (pair[1] < 17.9).all(-1)
    assert torch.allclose(powers[0][inside], powers[1][inside], rtol=1e-4)


def test_half_the_eq_is_half_the_decibels_and_half_the_dynamics_half_the_excess() -> None:
    done = with_amounts(mixes(), Amounts(eq=0.5, dynamics=0.5))
    for band in ("bell_1", "high_shelf"):
        gains = [LAYOUT.value(one, TRACK, f"eq.{band}.gain_db") for one in (mixes(), done)]
        assert torch.allclose(gains[1], gains[0] / 2, atol=1e-4)
    is_on = LAYOUT.value(done, TRACK, "compressor.on") > 0.5
    shares = [(1 - 1 / LAYOUT.value(one, TRACK, "compressor.ratio"))[is_on] for one in (mixes(), done)]
    assert torch.allclose(shares[1], shares[0] / 2, atol=1e-4)


def test_more_is_never_less() -> None:
    pans = [LAYOUT.value(with_amounts(mixes(), Amounts(pan=amount)), TRACK, "pan").abs() for amount in (0, 0.5, 1, 1.5)]
    sends = [
        LAYOUT.value(with_amounts(mixes(), Amounts(space=amount)), TRACK, "reverb_send.level_db")
        for amount in (0.5, 1, 1.5)
    ]
    for rows in (pans, sends):
        assert all(bool((less <= more + 1e-5).all()) for less, more in pairwise(rows))
