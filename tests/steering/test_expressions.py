"""Facts about how wishes are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gen_mix.errors import InputError
from gen_mix.steering.expressions import KNOBS, parse_amounts, parse_setting
from gen_mix.wishes import Amounts, SettingWish


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("Lead Vox", ("Lead Vox", "", "keep", 0, 0)),
        ("Lead Vox.compressor", ("Lead Vox", "compressor", "keep", 0, 0)),
        ("Lead Vox.pan", ("Lead Vox", "pan", "keep", 0, 0)),
        ("Kick.fader_db=-3", ("Kick", "fader_db", "value", -3, -3)),
        ("Gtr. L.wav.pan = -1", ("Gtr. L.wav", "pan", "value", -1, -1)),
        ("Gtr L.pan=-0.3..0.3", ("Gtr L", "pan", "range", -0.3, 0.3)),
        ("drums.fader_db+=2", ("drums", "fader_db", "move", 2, 2)),
        ("drums.fader_db-=1.5", ("drums", "fader_db", "move", -1.5, -1.5)),
        ("Kick.eq.bell_1.on=off", ("Kick", "eq.bell_1.on", "value", 0, 0)),
        ("Kick.eq.bell_1=on", ("Kick", "eq.bell_1.on", "value", 1, 1)),
        ("Kick.eq=off", ("Kick", "eq", "value", 0, 0)),
        ("Kick.sends.reverb_db=-12", ("Kick", "reverb_send.level_db", "value", -12, -12)),
        ("Kick.sends.reverb_db=off", ("Kick", "reverb_send.on", "value", 0, 0)),
    ],
)
def test_a_wish_says_whom_what_and_how(text: str, wish: tuple[object, ...]) -> None:
    assert parse_setting(text) == SettingWish(text, *wish)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "", "=", "=3", "Kick=3", "Kick.fadr_db=3", "Kick.fader_db=", "Kick.fader_db=loud", "Kick.fader_db=nan",
        "Kick.pan=0.3..-0.3", "Kick.pan=0..x", "Kick.pan=on", "Kick.compressor.on=3", "Kick.compressor=4",
        "Kick.compressor.on+=1", "Kick.eq=on", "Kick.eq.on=0..1", "Kick.fader_db+=off", "Kick.fader_db==3",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_one_line_that_repeats_it(text: str) -> None:
    with pytest.raises(InputError) as error:
        parse_setting(text, "--set")
    assert "--set" in str(error.value)
    assert "expected" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_misspelt_knob_gets_the_nearest() -> None:
    with pytest.raises(InputError, match=r"nearest: fader_db"):
        parse_setting("Kick.fadr_db=-3")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        wish = parse_setting(text)
    except InputError:
        return
    assert wish.target
    assert wish.low <= wish.high


@given(st.sampled_from([name for name in KNOBS if not name.endswith(".on")]), st.floats(-1e6, 1e6))
def test_every_knob_takes_a_number(knob: str, value: float) -> None:
    wish = parse_setting(f"A.b c.{knob}={value!r}")
    assert (wish.target, wish.knobs, wish.low, wish.high) == ("A.b c", knob, value, value)


def test_amounts_are_for_all_or_by_aspect_and_later_win() -> None:
    assert parse_amounts([]) == Amounts()
    assert parse_amounts(["0.5"]) == Amounts(0.5, 0.5, 0.5, 0.5, 0.5)
    assert parse_amounts(["0.5", "eq=1.5,space=0"]) == Amounts(0.5, 0.5, 1.5, 0.5, 0.0)


@pytest.mark.parametrize("text", ["much", "eqq=1", "eq=", "-0.1", "2.5", "eq=0.5;pan=1", "", "nan"])
def test_amounts_that_mean_nothing_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="--amount"):
        parse_amounts([text])
