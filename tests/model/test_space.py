"""Facts about the space in which mixes are diffused."""

import json

import pytest
import torch

from gen_mix.console.layout import BUS_TOKENS, LAYOUT, TRACK
from gen_mix.errors import InputError
from gen_mix.mix import MixParameters
from gen_mix.model.space import ModelSpace
from gen_mix.sessions.engineers import INTENT, EngineerDraw


def drawn(batch: int, tracks: int, seed: int) -> EngineerDraw:
    """Return mixes with every knob anywhere, switches at their ends, and the first three choices -1 or 1."""
    generator = torch.Generator().manual_seed(seed)
    is_track = torch.ones(batch, tracks, dtype=torch.bool)
    is_track[::2, -1] = False
    is_stereo = torch.rand(batch, tracks, generator=generator) < 0.5
    mask = LAYOUT.mask(is_track, is_stereo)
    normalized = 0.2 + 0.5 * torch.rand(mask.shape, generator=generator)
    for token in range(mask.shape[1]):
        for place, spec in enumerate(LAYOUT.specs(LAYOUT.kind(token))):
            if spec.is_gate:
                normalized[:, token, place] = (normalized[:, token, place] > 0.6).float()
    intent = 3 + 2 * torch.randn(batch, len(INTENT), generator=generator)
    intent[:, :3] = torch.where(intent[:, :3] > 4, 1.0, -1.0)
    return EngineerDraw(MixParameters(normalized.masked_fill(~mask, 0), mask), intent)


def tracks_of(draw: EngineerDraw) -> list[torch.Tensor]:
    """Return is_track and is_stereo of a draw."""
    knobs = draw.parameters.mask[:, len(BUS_TOKENS) :]
    return [knobs.any(-1), knobs[..., LAYOUT.index(TRACK, "width")]]


DRAWS = [drawn(64, 5, 0), drawn(32, 8, 1)]
SPACE = ModelSpace.fit(DRAWS)


def test_decode_undoes_encode() -> None:
    for draw in DRAWS:
        decoded = SPACE.decode(SPACE.encode(draw.parameters, draw.intent), *tracks_of(draw))
        assert torch.equal(decoded.parameters.mask, draw.parameters.mask)
        assert torch.allclose(decoded.parameters.normalized, draw.parameters.normalized, atol=1e-6)
        assert torch.allclose(decoded.intent, draw.intent, atol=1e-5)


def test_knobs_of_the_engineers_have_mean_zero_and_variance_one() -> None:
    knobs = []
    for draw in DRAWS:
        x, mask = SPACE.encode(draw.parameters, draw.intent), SPACE.mask(*tracks_of(draw))
        assert not x[~mask].any()
        knobs.append(x[:, 4:][mask[:, 4:].any(-1)])
    tracks = torch.cat(knobs)
    for name in ("fader_db", "pan", "compressor.ratio"):
        values = tracks[:, LAYOUT.index(TRACK, name)]
        assert values.mean().abs() < 0.05
        assert values.std() == pytest.approx(1, abs=0.05)


def test_a_narrow_mode_becomes_a_wide_one() -> None:
    draw = drawn(64, 5, 0)
    pan = LAYOUT.index(TRACK, "pan")
    knobs = draw.parameters.normalized.clone()
    narrow = 0.5 + 0.01 * (knobs[:, 3:, pan] - 0.5)
    knobs[:, 3:, pan] = torch.where(torch.arange(64)[:, None] % 2 == 0, narrow, knobs[:, 3:, pan])
    mask = draw.parameters.mask
    squeezed = EngineerDraw(MixParameters(knobs.masked_fill(~mask, 0), mask), draw.intent)
    space = ModelSpace.fit([squeezed])
    x = space.encode(squeezed.parameters, squeezed.intent)[::2, 4:, pan]
    used = mask[:, 3:, pan]
    straight = narrow[::2][used[::2]].std() / knobs[:, 3:, pan][used].std()
    assert x[used[::2]].std() > 8 * straight


def test_modes_stay_apart() -> None:
    draw = drawn(64, 5, 0)
    pan = LAYOUT.index(TRACK, "pan")
    mask = draw.parameters.mask
    knobs = draw.parameters.normalized.clone()
    knobs[:, 3:, pan] = 0.01 * knobs[:, 3:, pan] + torch.tensor([0.0, 0.5, 0.5, 0.99, 0.5])
    modes = EngineerDraw(MixParameters(knobs.masked_fill(~mask, 0), mask), draw.intent)
    x = ModelSpace.fit([modes]).encode(modes.parameters, modes.intent)[:, 4:, pan]
    left, middle, right = (x[:, tracks][mask[:, 3:, pan][:, tracks]] for tracks in ([0], [1, 2, 4], [3]))
    assert middle.min() - left.max() > 0.5
    assert right.min() - middle.max() > 0.5


def test_values_have_gradients() -> None:
    x = torch.linspace(-4, 4, 33, dtype=torch.float64)[:, None, None].expand(33, 6, SPACE.width).clone()
    x.requires_grad_()
    assert torch.autograd.gradcheck(
        lambda point: SPACE.values(point)[:, 4:, LAYOUT.index(TRACK, "pan")], (x[:1] + 0.013,)
    )


def test_places_beyond_the_engineers_go_on_straight() -> None:
    is_track = torch.ones(1, 2, dtype=torch.bool)
    place = LAYOUT.index(TRACK, "fader_db")
    faders = []
    for value in (3.2, 3.3, 3.4):
        x = torch.zeros(1, 6, SPACE.width)
        x[:, 4:, place] = value
        faders.append(SPACE.decode(x, is_track, is_track).parameters.normalized[0, 3, place])
    assert faders[1] > faders[0]
    assert float(faders[2] - faders[1]) == pytest.approx(float(faders[1] - faders[0]), rel=0.05)


def test_what_no_engineer_does_is_far_but_not_out_of_sight() -> None:
    draw = drawn(8, 3, 0)
    place = LAYOUT.index(TRACK, "fader_db")
    knobs, mask = draw.parameters.normalized.clone(), draw.parameters.mask
    knobs[:, 3:, place] = 0.5
    space = ModelSpace.fit([EngineerDraw(MixParameters(knobs.masked_fill(~mask, 0), mask), draw.intent)])
    knobs[:, 3:, place] = torch.tensor([0.0, 0.6, 1.0])
    other = MixParameters(knobs.masked_fill(~mask, 0), mask)
    x = space.encode(other, draw.intent)
    assert x.abs().max() < 7
    assert torch.allclose(space.decode(x, *tracks_of(draw)).parameters.normalized, other.normalized, atol=1e-6)


def test_switches_and_choices_are_minus_one_or_one() -> None:
    x = SPACE.encode(DRAWS[0].parameters, DRAWS[0].intent)
    assert set(x[:, 1, LAYOUT.index("master", "compressor.on")].tolist()) == {-1.0, 1.0}
    assert set(x[:, 0, :3].flatten().tolist()) == {-1.0, 1.0}


def test_switches_are_decided_at_zero() -> None:
    is_track = torch.ones(1, 2, dtype=torch.bool)
    place = LAYOUT.index(TRACK, "reverb_send.on")
    for value, is_on in [(-0.01, 0.0), (0.01, 1.0), (-3.0, 0.0), (3.0, 1.0)]:
        x = torch.zeros(1, 6, SPACE.width)
        x[:, 4:, place] = value
        decoded = LAYOUT.canonical(SPACE.decode(x, is_track, ~is_track).parameters)
        assert decoded.normalized[0, 3:, place].tolist() == [is_on, is_on]


def test_any_x_decodes_to_knobs_between_their_ends() -> None:
    x = 100 * torch.randn(4, 7, SPACE.width, generator=torch.Generator().manual_seed(0))
    is_track = torch.tensor([[True, True, False]] * 4)
    decoded = SPACE.decode(x, is_track, is_track)
    assert decoded.parameters.normalized.min() >= 0
    assert decoded.parameters.normalized.max() <= 1
    assert not decoded.parameters.normalized[:, -1].any()


def test_a_knob_no_engineer_had_decodes_to_its_default() -> None:
    draw = drawn(8, 3, 0)
    width = LAYOUT.index(TRACK, "width")
    mask = draw.parameters.mask.clone()
    mask[:, 3:, width] = False
    space = ModelSpace.fit([EngineerDraw(MixParameters(draw.parameters.normalized, mask), draw.intent)])
    is_track = torch.ones(1, 2, dtype=torch.bool)
    x = torch.randn(1, 6, space.width, generator=torch.Generator().manual_seed(0))
    decoded = space.decode(x, is_track, is_track).parameters
    assert torch.allclose(LAYOUT.value(decoded, TRACK, "width"), torch.ones(1, 2), atol=0.02)


def test_json_keeps_the_space() -> None:
    again = ModelSpace.from_json(SPACE.to_json())
    assert again.intent == SPACE.intent
    assert torch.allclose(again.knots, SPACE.knots, rtol=1e-6)


def test_a_space_of_another_console_is_refused() -> None:
    stored = json.loads(SPACE.to_json())
    stored["track"][3]["high"] = 12345.0
    with pytest.raises(InputError, match=r"track 3 to be .*, got .*12345"):
        ModelSpace.from_json(json.dumps(stored))
    stored = json.loads(SPACE.to_json())
    del stored["intent"][-1]
    with pytest.raises(InputError, match=f"expected {len(INTENT)} places of intent, got {len(INTENT) - 1}"):
        ModelSpace.from_json(json.dumps(stored))


def test_knots_that_do_not_rise_are_refused() -> None:
    stored = json.loads(SPACE.to_json())
    stored["track"][3]["knots"][5] = stored["track"][3]["knots"][4]
    with pytest.raises(InputError, match="rising knots"):
        ModelSpace.from_json(json.dumps(stored))


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"intent": 3}'])
def test_what_is_no_space_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected the space of a model"):
        ModelSpace.from_json(text)
