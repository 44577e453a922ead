"""What a mix's intent settles: who mixes left, centre and right leaves nothing in between."""

import pytest
import torch

from gen_mix.console.layout import BUS_TOKENS, LAYOUT, TRACK
from gen_mix.model.decisions import LEFT_CENTRE_RIGHT, decided, deciding
from gen_mix.model.space import ModelSpace
from gen_mix.sessions.engineers import EngineerDraw, draw_engineers
from gen_mix.sessions.facts import facts_of_session
from gen_mix.sessions.instant import instant_session

PAN = LAYOUT.index(TRACK, "pan")


@pytest.fixture(scope="module")
def draw() -> EngineerDraw:
    facts = facts_of_session(instant_session(0, 0))
    return draw_engineers(facts.expand(256), torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def space(draw: EngineerDraw) -> ModelSpace:
    return ModelSpace.fit([draw])


def pans(space: ModelSpace, x: torch.Tensor) -> torch.Tensor:
    return 2 * space.values(x)[:, 1 + len(BUS_TOKENS) :, PAN] - 1


def test_an_engineer_who_mixes_left_centre_right_is_left_alone(draw: EngineerDraw, space: ModelSpace) -> None:
    x = space.encode(draw.parameters, draw.intent)
    says_so = draw.intent[:, space.intent.index(LEFT_CENTRE_RIGHT)] > 0
    assert 10 < says_so.sum() < 80
    before, after = pans(space, x), pans(space, decided(x, space))
    assert (after - before)[says_so].abs().max() < 0.06
    assert torch.equal(decided(x, space)[~says_so], x[~says_so])


def test_what_was_in_between_goes_to_the_nearest_place_and_nothing_else_moves(
    draw: EngineerDraw, space: ModelSpace
) -> None:
    x = space.encode(draw.parameters, draw.intent)
    x[:, 0, space.intent.index(LEFT_CENTRE_RIGHT)] = 1.0
    after = decided(x, space)
    before, settled = pans(space, x), pans(space, after)
    assert (before.abs() - 0.5).abs().min() < 0.2  # some were in between
    assert torch.minimum(settled.abs(), 1 - settled.abs()).max() < 0.03
    assert torch.equal(settled.round(), before.round().clamp(-1, 1))
    other = torch.ones_like(x, dtype=torch.bool)
    other[:, 1 + len(BUS_TOKENS) :, PAN] = False
    assert torch.equal(after[other], x[other])


def test_only_the_last_answers_are_decided(draw: EngineerDraw, space: ModelSpace) -> None:
    x = space.encode(draw.parameters, draw.intent)
    denoise = deciding(lambda noisy, sigma: noisy, space)
    assert torch.equal(denoise(x, torch.full((len(x),), 0.5)), x)
    assert torch.equal(denoise(x, torch.full((len(x),), 0.02)), decided(x, space))
    assert not torch.equal(decided(x, space), x)
