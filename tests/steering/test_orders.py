"""Facts about what wishes come to, contradictions settled."""

import pytest
import torch

from gen_mix.console.layout import BUS_TOKENS, LAYOUT, TRACK
from gen_mix.errors import InputError
from gen_mix.mix import MixParameters
from gen_mix.steering.cast import Cast, Player
from gen_mix.steering.expressions import parse_setting
from gen_mix.steering.orders import Knob, Orders, orders_of, spec_of

CAST = Cast(
    (
        Player("Kick", "tracks/kick in.wav", "kick", "normal", False),
        Player("Snare", "tracks/sn.wav", "snare", "normal", False),
        Player("Lead Vox", "tracks/vox.wav", "lead_vocal", "lead", True),
        Player("Choir", "tracks/choir.wav", "backing_vocal", "normal", True),
    )
)


def kept() -> MixParameters:
    """Return a mix with every knob at 0.75, the kick's compressor off."""
    mask = LAYOUT.mask(torch.ones(1, 4, dtype=torch.bool), torch.tensor([[False, False, True, True]]))
    normalized = torch.full(mask.shape, 0.75).masked_fill(~mask, 0)
    normalized[0, len(BUS_TOKENS), LAYOUT.index(TRACK, "compressor.on")] = 0.0
    return LAYOUT.canonical(MixParameters(normalized, mask))


def settled(*texts: str) -> Orders:
    """Return what wishes come to."""
    return orders_of([parse_setting(text) for text in texts], CAST, kept())


def knob(track: int, name: str) -> Knob:
    """Return where a track's knob is."""
    return len(BUS_TOKENS) + track, LAYOUT.index(TRACK, name)


def values(orders: Orders, track: int, name: str) -> tuple[float, float]:
    """Return the ends that are asked for, in the knob's unit."""
    order = orders.knobs[knob(track, name)]
    spec = spec_of(knob(track, name))
    ends = [float(spec.value(torch.tensor(end, dtype=torch.float64))) for end in (order.low, order.high)]
    return round(ends[0], 4), round(ends[1], 4)


@pytest.mark.parametrize(
    ("target", "tracks"),
    [
        ("Kick", [0]), ("kick", [0]), ("kick in.wav", [0]), ("tracks/sn.wav", [1]), ("vox", [2]), ("drums", [0, 1]),
        ("lead", [2]), ("background", [3]), ("vocals", [2, 3]), ("all", [0, 1, 2, 3]), ("backing_vocal", [3]),
    ],
)  # fmt: skip
def test_a_target_is_a_track_a_file_a_role_or_a_group(target: str, tracks: list[int]) -> None:
    assert CAST.meant(target, "").tokens == tuple(len(BUS_TOKENS) + track for track in tracks)


def test_a_role_nobody_is_labelled_with_is_heard_and_that_is_said() -> None:
    assert "Choir" in CAST.meant("background", "").note
    assert not CAST.meant("lead", "").note


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Kik.pan=0", "nearest: Kick"),
        ("lead vx.pan=0", "nearest: Lead Vox"),
        ("keys.pan=0", "none is"),
        ("Kick.width=1", "expected a knob that Kick has"),
        ("master.pan=0", "expected a knob that master has"),
        ("Kick.fader_db=99", "expected -60 to 18 for Kick.fader_db, got 99"),
        ("Kick.fader_db=-70..0", "expected -60 to 18"),
    ],
)
def test_what_a_session_cannot_do_is_one_line(text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        settled(text)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("order", [1, -1])
def test_the_narrower_wish_wins_whenever_it_was_said(order: int) -> None:
    orders = settled(*["all.fader_db=0", "drums.fader_db=-1", "Kick.fader_db=-3"][::order])
    faders = [values(orders, track, "fader_db")[0] for track in range(4)]
    assert faders == [-3, -1, 0, 0]
    assert len(orders.notes) == 3


def test_of_equals_the_later_wins_and_that_is_said() -> None:
    orders = settled("Kick.pan=1", "Kick.pan=-1")
    assert values(orders, 0, "pan") == (-1, -1)
    assert orders.notes == ("Kick.pan=1: gives way to Kick.pan=-1 at Kick.pan",)
    assert orders.left_out == {(0, knob(0, "pan"))}


def test_ranges_that_overlap_are_both_kept_to() -> None:
    orders = settled("drums.pan=-0.5..0.5", "Kick.pan=0..1")
    assert values(orders, 0, "pan") == (0, 0.5)
    assert values(orders, 1, "pan") == (-0.5, 0.5)
    assert not orders.notes


def test_a_value_within_a_range_meets_both() -> None:
    orders = settled("Kick.pan=0.2", "drums.pan=-0.5..0.5")
    assert values(orders, 0, "pan") == (0.2, 0.2)
    assert not orders.notes


def test_a_value_wins_over_a_range_it_is_not_in() -> None:
    for texts in (("Kick.pan=0.9", "Kick.pan=-0.5..0.5"), ("Kick.pan=-0.5..0.5", "Kick.pan=0.9")):
        orders = settled(*texts)
        assert values(orders, 0, "pan") == (0.9, 0.9)
        assert len(orders.notes) == 1


def test_what_is_asked_of_a_processor_switches_it_on() -> None:
    orders = settled("Kick.compressor.ratio=4", "Snare.sends.reverb_db=-20..-10")
    assert values(orders, 0, "compressor.on") == (1, 1)
    assert values(orders, 1, "reverb_send.on") == (1, 1)


def test_a_processor_that_is_to_be_off_stays_off() -> None:
    orders = settled("Kick.compressor.ratio=4", "Kick.compressor=off")
    assert values(orders, 0, "compressor.on") == (0, 0)
    assert knob(0, "compressor.ratio") not in orders.knobs
    assert len(orders.notes) == 1


def test_a_kept_track_keeps_its_switches_and_not_the_knobs_of_what_is_off() -> None:
    orders = settled("Kick")
    assert values(orders, 0, "compressor.on") == (0, 0)
    assert knob(0, "compressor.ratio") not in orders.knobs
    assert orders.knobs[knob(0, "fader_db")].low == 0.75
    assert not orders.notes


def test_a_knob_of_a_kept_track_may_still_be_set_and_switches_on_what_it_needs() -> None:
    orders = settled("Kick.compressor.ratio=4", "Kick", "Kick.pan=-1")
    assert values(orders, 0, "compressor.ratio") == (4, 4)
    assert values(orders, 0, "compressor.on") == (1, 1)
    assert values(orders, 0, "pan") == (-1, -1)


def test_all_bands_are_switched_off_at_once() -> None:
    orders = settled("Kick.eq=off")
    assert {spec_of(place).name for place in orders.knobs} == {
        f"eq.{band}.on" for band in ("low_shelf", "bell_1", "bell_2", "bell_3", "bell_4", "high_shelf")
    }


def test_a_move_of_a_kept_track_moves_what_is_kept() -> None:
    before = values(settled("Kick"), 0, "fader_db")[0]
    assert values(settled("Kick", "Kick.fader_db+=2"), 0, "fader_db")[0] == pytest.approx(before + 2)


def test_a_move_gives_way_to_a_value_as_narrow() -> None:
    orders = settled("Kick.fader_db=-3", "drums.fader_db+=2", "Snare.fader_db+=1")
    assert values(orders, 0, "fader_db") == (-3, -3)
    assert orders.moves == {knob(1, "fader_db"): 3.0}
    assert len(orders.notes) == 1
