"""Facts about attributes of mixes, measured on rendered sound."""

from functools import cache

import torch
from torch import Tensor

from gen_mix.console.layout import BUS_TOKENS, LAYOUT, REVERB, TRACK
from gen_mix.evaluation.heard import take_excerpts
from gen_mix.evaluation.measured import Passage, measure_attributes, passage_of
from gen_mix.mix import MixParameters
from gen_mix.steering.attributes import ATTRIBUTES
from tests.test_pipeline import session

PLACES = {name: place for place, name in enumerate(ATTRIBUTES)}


@cache
def passage() -> Passage:
    """Return all of a short session of three tracks, the first in stereo."""
    return passage_of(session(), take_excerpts(session()))


def mix(track: int = 1, **knobs: float) -> MixParameters:
    """Return the neutral console with some knobs of a track, named with ``__`` for a point, at values."""
    is_stereo = torch.tensor([[one.is_stereo for one in session().tracks]])
    neutral = LAYOUT.neutral(torch.ones_like(is_stereo), is_stereo)
    normalized = neutral.normalized.clone()
    for name, value in knobs.items():
        spec = LAYOUT.spec(TRACK, name.replace("__", "."))
        place = float(spec.normalized(torch.tensor(value, dtype=torch.float64)))
        normalized[0, len(BUS_TOKENS) + track, LAYOUT.index(TRACK, spec.name)] = place
    return LAYOUT.canonical(MixParameters(normalized, neutral.mask))


def measured(of: MixParameters, members: tuple[int, ...] = (1,), is_all: bool = False) -> Tensor:
    """Return the attributes of one mix (attributes,)."""
    return measure_attributes(passage(), of, members, is_all)[0]


def test_a_fader_moves_the_level_by_as_much_and_nothing_else() -> None:
    moved = measured(mix(fader_db=-3.0)) - measured(mix(fader_db=-9.0))
    torch.testing.assert_close(moved[PLACES["level"]].item(), 6.0, atol=0.01, rtol=0)
    others = [place for name, place in PLACES.items() if name != "level" and not moved[place].isnan()]
    torch.testing.assert_close(moved[others], torch.zeros(len(others), dtype=moved.dtype), atol=0.01, rtol=0)


def test_mirrored_pans_have_mirrored_positions_and_the_same_width() -> None:
    left, right = (measured(mix(pan=pan)) for pan in (-0.6, 0.6))
    assert right[PLACES["position"]] > 3
    torch.testing.assert_close(left[PLACES["position"]], -right[PLACES["position"]], atol=1e-3, rtol=0)
    torch.testing.assert_close(left[PLACES["width"]], right[PLACES["width"]], atol=1e-3, rtol=0)


def test_a_send_comes_back_as_much_louder_as_it_is_sent() -> None:
    quiet, loud = (measured(mix(reverb_send__on=1.0, reverb_send__level_db=level)) for level in (-20.0, -10.0))
    torch.testing.assert_close((loud - quiet)[PLACES["reverb"]].item(), 10.0, atol=0.01, rtol=0)
    assert measured(mix())[PLACES["reverb"]] == -60


def test_a_longer_decay_is_a_larger_room_by_its_logarithm() -> None:
    rooms = []
    for decay_s in (0.6, 1.2):
        some = mix()
        spec = LAYOUT.spec(REVERB, "decay_s")
        some.normalized[0, 1, LAYOUT.index(REVERB, "decay_s")] = float(spec.normalized(torch.tensor(decay_s)))
        rooms.append(measured(some, (0, 1, 2), is_all=True)[PLACES["room"]])
    torch.testing.assert_close((rooms[1] - rooms[0]).item(), 1.0, atol=0.15, rtol=0)
