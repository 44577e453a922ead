"""The strips that run side by side are the strips that run one by one."""

import pytest
import torch
from torch import Tensor

from gen_mix.console.console import render, render_strip
from gen_mix.console.knobs import track_knobs
from gen_mix.console.layout import LAYOUT
from gen_mix.console.strip_kernels import BLOCK
from gen_mix.mix import MixParameters
from tests.console.desk import RATE, decibels, random_console

SIDES = [True, False, False, True, True, False, True, False, True, True, False]


def _without_sends(parameters: MixParameters) -> MixParameters:
    """Return consoles whose master and buses do nothing, so that a mix is the sum of its strips."""
    normalized = parameters.normalized.clone()
    normalized[:, :3] = 0
    for send in ("reverb_send.on", "delay_send.on"):
        normalized[:, 3:, LAYOUT.index("track", send)] = 0
    return MixParameters(normalized, parameters.mask)


def _tracks(samples: int, generator: torch.Generator) -> list[Tensor]:
    noise = [torch.randn(2 if stereo else 1, samples, generator=generator, dtype=torch.float64) for stereo in SIDES]
    return [0.2 * torch.cumsum(track, -1).sin() for track in noise]


def _one_by_one(tracks: list[Tensor], parameters: MixParameters) -> Tensor:
    return torch.stack([
        torch.stack([render_strip(t, track_knobs(parameters[mix], i), RATE) for i, t in enumerate(tracks)]).sum(0)
        for mix in range(len(parameters))
    ])  # fmt: skip


@pytest.mark.parametrize("samples", [1, BLOCK, 3 * BLOCK + 17])
def test_sound_and_gradients_are_those_of_strips_one_by_one(samples: int, generator: torch.Generator) -> None:
    parameters = _without_sends(random_console(SIDES, 3, generator))
    weights = torch.randn(3, 2, samples, generator=generator, dtype=torch.float64)
    found = []
    for renderer in (lambda tracks, knobs: render(tracks, knobs, RATE), _one_by_one):
        tracks = [track.requires_grad_() for track in _tracks(samples, torch.Generator().manual_seed(4))]
        normalized = parameters.normalized.double().requires_grad_()
        mixes = renderer(tracks, MixParameters(normalized, parameters.mask))
        (mixes * weights).sum().backward()
        found.append([mixes.detach(), normalized.grad, *(track.grad for track in tracks)])
    for ours, expected in zip(*found, strict=True):
        torch.testing.assert_close(ours, expected, rtol=1e-7, atol=1e-9)


def test_chunks_leave_no_seam(generator: torch.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    parameters = random_console(SIDES, 2, generator)
    found = []
    for numbers in (1, 1 << 20):
        monkeypatch.setattr("gen_mix.console.strip_groups._CHUNK_NUMBERS", numbers)
        normalized = parameters.normalized.clone().requires_grad_()
        tracks = [track.float() for track in _tracks(5 * BLOCK + 3, torch.Generator().manual_seed(4))]
        mixes = render(tracks, MixParameters(normalized, parameters.mask), RATE)
        mixes.square().sum().backward()
        assert normalized.grad is not None
        found.append((mixes.detach(), normalized.grad))
    assert torch.equal(found[0][0], found[1][0])
    torch.testing.assert_close(found[0][1], found[1][1], rtol=1e-4, atol=1e-4)


def test_float32_is_as_exact_as_it_can_be(generator: torch.Generator) -> None:
    parameters = _without_sends(random_console(SIDES, 4, generator))
    tracks = _tracks(RATE, generator)
    exact = render(tracks, parameters, RATE)
    single = render([track.float() for track in tracks], parameters, RATE)
    assert decibels((single - exact).abs().max() / exact.abs().max()) < -120


def test_threads_change_nothing(generator: torch.Generator) -> None:
    parameters, tracks = random_console(SIDES, 2, generator), _tracks(3000, generator)
    threads = torch.get_num_threads()
    found = []
    for count in (1, 3):
        torch.set_num_threads(count)
        normalized = parameters.normalized.clone().requires_grad_()
        mixes = render(tracks, MixParameters(normalized, parameters.mask), RATE)
        mixes.square().sum().backward()
        found.append((mixes.detach(), normalized.grad))
    torch.set_num_threads(threads)
    torch.testing.assert_close(found[0], found[1], rtol=0, atol=1e-9)
