import math

import pytest
import torch

from gen_mix.console.console import render, render_excerpt
from gen_mix.console.layout import LAYOUT
from gen_mix.mix import MixParameters
from tests.console.desk import RATE, console, random_console, signals


def _tracks(is_stereo: list[bool], samples: int, generator: torch.Generator) -> list[torch.Tensor]:
    return [0.1 * torch.randn(2 if stereo else 1, samples, generator=generator) for stereo in is_stereo]


SIDES = [False, True, False, True]


def test_the_neutral_console_adds_the_tracks(generator: torch.Generator) -> None:
    tracks = _tracks(SIDES, 3000, generator)
    expected = sum(track if track.shape[0] == 2 else track.expand(2, -1) * math.sqrt(0.5) for track in tracks)
    torch.testing.assert_close(render(tracks, console(SIDES, {}), RATE)[0], expected, atol=1e-6, rtol=0)


def test_permuted_tracks_give_the_same_mix(generator: torch.Generator) -> None:
    tracks, parameters = _tracks(SIDES, 3000, generator), random_console(SIDES, 2, generator)
    order = [2, 0, 3, 1]
    tokens = [0, 1, 2, *(3 + track for track in order)]
    permuted = MixParameters(parameters.normalized[:, tokens], parameters.mask[:, tokens])
    mix, again = render(tracks, parameters, RATE), render([tracks[track] for track in order], permuted, RATE)
    torch.testing.assert_close(mix, again, atol=1e-5, rtol=1e-4)


def test_a_mix_is_the_same_alone_and_in_a_batch(generator: torch.Generator) -> None:
    tracks, parameters = _tracks(SIDES, 3001, generator), random_console(SIDES, 3, generator)
    together = render(tracks, parameters, RATE)
    for mix in range(3):
        assert torch.equal(together[mix : mix + 1], render(tracks, parameters[mix], RATE))


def test_padding_is_never_heard(generator: torch.Generator) -> None:
    tracks, parameters = _tracks(SIDES, 2000, generator), random_console(SIDES, 1, generator)
    rubbish = torch.full((1, 2, LAYOUT.width), float("nan"))
    padded = MixParameters(torch.cat([parameters.normalized, rubbish], 1), torch.cat([parameters.mask, rubbish > 0], 1))
    assert torch.equal(render(tracks, parameters, RATE), render(tracks, padded, RATE))


def test_canonical_parameters_sound_the_same(generator: torch.Generator) -> None:
    tracks, parameters = _tracks(SIDES, 2000, generator), random_console(SIDES, 2, generator)
    torch.testing.assert_close(render(tracks, LAYOUT.canonical(parameters), RATE), render(tracks, parameters, RATE))


def test_faders_and_sends_are_in_decibels_and_sends_come_after_fader_and_pan(generator: torch.Generator) -> None:
    tracks = _tracks([False], 4000, generator)
    turned = {(3, "delay_send.on"): 1.0, (3, "delay_send.level_db"): -10.0, (2, "feedback"): 0.0, (3, "pan"): -1.0}
    loud = render(tracks, console([False], {**turned, (2, "time_ms"): 50.0}), RATE)[0]
    soft = render(tracks, console([False], {**turned, (2, "time_ms"): 50.0, (3, "fader_db"): -20.0}), RATE)[0]
    torch.testing.assert_close(soft, loud * 0.1, atol=1e-6, rtol=1e-3)
    dry = render(tracks, console([False], {(3, "pan"): -1.0}), RATE)[0]
    echo = (loud - dry)[:, 2205 + 5 :]
    source = tracks[0][:, : echo.shape[-1]]
    assert 20 * math.log10(echo[0].norm() / source.norm()) == pytest.approx(-10, abs=7)  # the high cut takes some
    assert echo[1].abs().max() < 1e-6


def test_gradients_are_finite_for_knobs_anywhere(generator: torch.Generator) -> None:
    parameters = random_console([True, False], 4, generator)
    for name, signal in signals(1500, generator).items():
        normalized = parameters.normalized.clone().requires_grad_()
        tracks = [signal.clone().requires_grad_(), signal[:1].clone()]
        mixes = render(tracks, MixParameters(normalized, parameters.mask), RATE)
        assert mixes.isfinite().all(), name
        mixes.square().sum().backward()
        assert normalized.grad is not None
        assert normalized.grad.isfinite().all(), name
        assert tracks[0].grad is not None
        assert tracks[0].grad.isfinite().all(), name


def test_silence_in_silence_out(generator: torch.Generator) -> None:
    parameters = random_console(SIDES, 4, generator)
    assert not render([torch.zeros(2, 500)] * 4, parameters, RATE).any()


def test_a_fit_finds_fader_and_pan_from_the_sound(generator: torch.Generator) -> None:
    tracks = _tracks([False, False], 2000, generator)
    target = render(
        tracks, console([False, False], {(3, "fader_db"): -6.0, (4, "pan"): 0.5, (4, "fader_db"): 3.0}), RATE
    )
    start = console([False, False], {})
    normalized = start.normalized.clone().requires_grad_()
    optimizer = torch.optim.Adam([normalized], lr=0.02)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = (render(tracks, MixParameters(normalized, start.mask), RATE) - target).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.01 * losses[0]


@pytest.mark.parametrize("shapes", [[], [(2, 5)] * 2, [(3, 5)], [(1, 5), (1, 6)], [(5,)]])
def test_wrong_tracks_are_refused(shapes: list[tuple[int, ...]]) -> None:
    is_stereo = [False] * (1 if shapes == [(2, 5)] * 2 else max(1, len(shapes)))
    with pytest.raises(ValueError, match="expected"):
        render([torch.zeros(shape) for shape in shapes], console(is_stereo, {}), RATE)


def test_an_excerpt_is_a_part_of_the_whole(generator: torch.Generator) -> None:
    tracks, parameters = _tracks(SIDES, RATE, generator), random_console(SIDES, 2, generator)
    whole = render(tracks, parameters, RATE)
    excerpt = render_excerpt(tracks, parameters, RATE, start=30000, samples=4000, warm_up_seconds=1.0)
    torch.testing.assert_close(excerpt, whole[..., 30000:34000], rtol=0, atol=1e-5 * float(whole.abs().max()))


def test_filters_need_little_warm_up(generator: torch.Generator) -> None:
    tracks = _tracks(SIDES, RATE, generator)
    turned = {(token, f"eq.{band}.{knob}"): value for token in (0, 3, 4, 5, 6) for band in ("low_shelf", "bell_2")
              for knob, value in (("on", 1.0), ("gain_db", 9.0))}  # fmt: skip
    parameters = console(SIDES, turned)
    whole = render(tracks, parameters, RATE)[..., 30000:34000]
    excerpt = render_excerpt(tracks, parameters, RATE, start=30000, samples=4000, warm_up_seconds=0.2)
    assert (excerpt - whole).abs().max() < 1e-4 * whole.abs().max()


@pytest.mark.parametrize(("start", "samples", "seconds"), [(-1, 5, 0.0), (0, 0, 0.0), (90, 20, 0.0), (0, 5, -1.0)])
def test_an_excerpt_outside_the_tracks_is_refused(start: int, samples: int, seconds: float) -> None:
    with pytest.raises(ValueError, match="expected an excerpt within 100 samples"):
        render_excerpt([torch.zeros(1, 100)], console([False], {}), RATE, start, samples, seconds)


def test_settings_that_are_not_numbers_and_coarse_audio_are_refused() -> None:
    parameters = console([False], {})
    parameters.normalized[0, 3, LAYOUT.index("track", "pan")] = float("nan")
    with pytest.raises(ValueError, match="token 3, pan: expected a number, got NaN"):
        render([torch.zeros(1, 100)], parameters, RATE)
    with pytest.raises(ValueError, match="expected float32 or float64"):
        render([torch.zeros(1, 100, dtype=torch.bfloat16)], console([False], {}), RATE)
    with pytest.raises(ValueError, match="sample_rate"):
        render([torch.zeros(1, 100)], console([False], {}), 0)
