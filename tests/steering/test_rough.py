"""Facts about settings that are fitted to a bounce."""

from functools import cache

import pytest
import torch
from torch import Tensor

from gen_mix.console.console import render
from gen_mix.console.layout import BUS_TOKENS, LAYOUT, TRACK
from gen_mix.errors import InputError
from gen_mix.mix import MixParameters
from gen_mix.sessions.session import Session, Track
from gen_mix.steering.rough import fit_rough

RATE = 16000
FADERS_DB = (-3.0, -12.0, 0.0, -6.0)
PANS = (0.0, -0.8, 0.5, -0.2)


@cache
def session() -> Session:
    """Return two seconds of four tracks of noise, each of another colour, the last one stereo."""
    generator = torch.Generator().manual_seed(0)
    noise = [torch.randn(channels, 2 * RATE, generator=generator) * 0.1 for channels in (1, 1, 1, 2)]
    coloured = [one + weight * one.roll(1, -1) for one, weight in zip(noise, (0.0, 0.9, -0.9, 0.5), strict=True)]
    return Session("noise", RATE, tuple(Track(f"{n}", f"{n}.wav", audio) for n, audio in enumerate(coloured)))


@cache
def rough(gain_db: float = 0.0) -> MixParameters:
    """Return a mix of faders and pans, and of a band on the second track."""
    is_stereo = torch.tensor([[track.is_stereo for track in session().tracks]])
    neutral = LAYOUT.neutral(torch.ones_like(is_stereo), is_stereo)
    normalized = neutral.normalized.clone()
    for name, values in (("fader_db", FADERS_DB), ("pan", PANS)):
        spec = LAYOUT.spec(TRACK, name)
        normalized[0, len(BUS_TOKENS) :, LAYOUT.index(TRACK, name)] = spec.normalized(torch.tensor(values))
    if gain_db:
        knob = LAYOUT.spec(TRACK, "eq.bell_3.gain_db")
        normalized[0, len(BUS_TOKENS) + 1, LAYOUT.index(TRACK, "eq.bell_3.on")] = 1
        normalized[0, len(BUS_TOKENS) + 1, LAYOUT.index(TRACK, knob.name)] = knob.normalized(torch.tensor(gain_db))
    return LAYOUT.canonical(MixParameters(normalized, neutral.mask))


def bounce(mix: MixParameters) -> Tensor:
    """Return what a mix sounds like (2, samples)."""
    return render([track.staged for track in session().tracks], mix, RATE)[0]


def test_faders_and_pans_alone_are_found_exactly_whatever_the_level() -> None:
    for level in (1.0, 0.1):
        fit = fit_rough(session(), level * bounce(rough()), RATE, steps=0)
        faders = LAYOUT.value(fit.parameters, TRACK, "fader_db")[0]
        truth = torch.tensor(FADERS_DB)
        assert torch.allclose(faders - faders.mean(), truth - truth.mean(), atol=0.02)
        assert torch.allclose(LAYOUT.value(fit.parameters, TRACK, "pan")[0], torch.tensor(PANS), atol=0.005)
        assert fit.explained > 0.999


def test_steps_come_nearer_and_find_the_band() -> None:
    fit = fit_rough(session(), bounce(rough(-15.0)), RATE, steps=40)
    assert fit.distance_db[1] < 0.8 * fit.distance_db[0]
    gains = LAYOUT.value(fit.parameters, TRACK, "eq.bell_3.gain_db")[0]
    assert int(gains.argmin()) == 1
    assert gains[1] < -1


def test_a_track_that_is_not_in_the_bounce_is_far_down() -> None:
    silent = rough().normalized.clone()
    silent[0, len(BUS_TOKENS) + 2, LAYOUT.index(TRACK, "fader_db")] = 0.0
    fit = fit_rough(session(), bounce(MixParameters(silent, rough().mask)), RATE, steps=0)
    faders = LAYOUT.value(fit.parameters, TRACK, "fader_db")[0]
    assert faders[2] < faders[[0, 1, 3]].min() - 25


@pytest.mark.parametrize(
    ("audio", "message"),
    [
        (torch.zeros(2, 2 * RATE), "silence"),
        (torch.ones(2, 4 * RATE), "as long as the tracks"),
        (torch.randn(2, 2 * RATE, generator=torch.Generator().manual_seed(9)), "they explain 0%"),
    ],
)
def test_what_is_no_bounce_of_the_tracks_is_one_line(audio: Tensor, message: str) -> None:
    with pytest.raises(InputError, match=message):
        fit_rough(session(), audio, RATE, steps=0)
