"""Facts about ways between mixes through the latents of a codec."""

import pytest
import torch
from torch import Tensor

from gen_mix.console.filters import eq_response_db
from gen_mix.console.layout import BUS_TOKENS, LAYOUT, TRACK
from gen_mix.mix import MixParameters
from gen_mix.model.codec import MixCodec
from gen_mix.sessions.engineers import draw_engineers
from gen_mix.sessions.facts import facts_of_session
from gen_mix.sessions.instant import instant_session
from gen_mix.steering.travel import among_latents

CODEC = MixCodec.from_pretrained()
FREQS_HZ = torch.logspace(1.5, 4.2, 30, dtype=torch.float64)


@pytest.fixture(scope="module")
def mixes() -> list[MixParameters]:
    """Return three engineers' mixes of a session."""
    facts = facts_of_session(instant_session(0, 0)).expand(3)
    drawn = LAYOUT.canonical(draw_engineers(facts, torch.Generator().manual_seed(0)).parameters)
    return [drawn[place] for place in range(3)]


def tone(mix: MixParameters) -> Tensor:
    """Return the response of every track's equalizer in dB (tracks, frequencies)."""
    return eq_response_db(mix, TRACK, FREQS_HZ, 44100)[0]


def faders(mix: MixParameters) -> Tensor:
    """Return where faders are (tracks,)."""
    return mix.normalized[0, len(BUS_TOKENS) :, LAYOUT.index(TRACK, "fader_db")]


def test_a_mix_that_counts_alone_is_itself(mixes: list[MixParameters]) -> None:
    for way, mix in zip(among_latents(mixes, torch.eye(3), CODEC), mixes, strict=True):
        assert torch.equal(way.normalized, mix.normalized)


def test_next_to_a_mix_is_next_to_it_though_the_codec_is_not(mixes: list[MixParameters]) -> None:
    shares = torch.tensor([[0.999, 0.001, 0.0]])
    near, coded = among_latents(mixes, shares, CODEC)[0], CODEC.decode(CODEC.encode(mixes[0]))
    assert (tone(coded) - tone(mixes[0])).abs().max() > 1
    assert (tone(near) - tone(mixes[0])).abs().max() < 0.25
    assert (faders(near) - faders(mixes[0])).abs().max() < 0.002


def test_no_step_on_the_way_is_a_jump(mixes: list[MixParameters]) -> None:
    weights = torch.linspace(0, 1, 101)
    way = among_latents(mixes[:2], torch.stack([1 - weights, weights], dim=1), CODEC)
    steps = torch.stack([tone(mix) for mix in way]).diff(dim=0).abs()
    whole = (tone(mixes[0]) - tone(mixes[1])).abs().max()
    assert whole > 6
    assert steps.max() < 0.1 * whole


def test_between_a_mix_and_itself_there_is_nothing_else(mixes: list[MixParameters]) -> None:
    half = among_latents([mixes[0], mixes[0]], torch.tensor([[0.5, 0.5]]), CODEC)[0]
    assert (tone(half) - tone(mixes[0])).abs().max() < 0.25
    assert (half.normalized - mixes[0].normalized).abs()[..., LAYOUT.index(TRACK, "pan")].max() < 1e-5


def test_tracks_in_another_order_go_the_same_way(mixes: list[MixParameters]) -> None:
    order = torch.tensor([*range(len(BUS_TOKENS)), *reversed(range(len(BUS_TOKENS), mixes[0].normalized.shape[1]))])
    turned = [MixParameters(mix.normalized[:, order], mix.mask[:, order]) for mix in mixes]
    shares = torch.tensor([[0.2, 0.3, 0.5]])
    one, other = (among_latents(ends, shares, CODEC)[0] for ends in (mixes, turned))
    torch.testing.assert_close(one.normalized[:, order], other.normalized, atol=1e-4, rtol=0)
