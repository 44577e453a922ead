"""Facts about how prompts are read."""

import pytest

from gen_mix.errors import InputError
from gen_mix.words.reading import MOST_LETTERS, read_prompt
from gen_mix.words.sentences import HELD_OUT_FORMS, KNOWN_FORMS, STRENGTHS, sentence


def asked(text: str) -> dict[tuple[str, str], float]:
    """Return the strengths that a prompt asks for, by attribute and group."""
    return {(one.attribute, one.target): one.strength for one in read_prompt(text).sounds}


def test_the_example_of_the_help_is_understood() -> None:
    wanted = asked("warm and wide, vocal up front, dry drums")
    assert wanted["warmth", "all"] > 0
    assert wanted["width", "all"] > 0
    assert wanted["level", "vocals"] > 0
    assert wanted["reverb", "drums"] < 0


@pytest.mark.parametrize("form", [*KNOWN_FORMS, *HELD_OUT_FORMS])
def test_every_form_asks_for_its_word_of_its_group(form: str) -> None:
    assert asked(sentence(form, "warmer", "guitars")).get(("warmth", "guitars"), 0) > 0


def test_strengths_rise_and_negations_turn_round() -> None:
    weak, usual, strong = (asked(f"{how} bright mix")["brightness", "all"] for how in STRENGTHS)
    assert 0 < weak < usual < strong
    for text in ("less bright", "not bright", "too bright"):
        assert asked(text)["brightness", "all"] < 0


def test_a_word_nobody_listed_is_about_sound_only_if_nothing_else_in_its_clause_is() -> None:
    assert asked("the mix should be relaxing") == {("presence", "all"): -1.0}
    assert asked("the mix should be relaxing and bright") == {("brightness", "all"): 1.0}
    assert asked("hello monday") == {}


def test_what_is_odd_is_read_or_refused_in_a_line() -> None:
    for text in ("", "   ", "\x00\x07\n", "!!! ...", "12345"):
        with pytest.raises(InputError, match="--prompt: expected words"):
            read_prompt(text)
    long = read_prompt("warm " * 2000)
    assert long.sounds[0].attribute == "warmth"
    assert any(str(MOST_LETTERS) in word for word in long.not_understood)
    assert asked("war\x00m mix, br\x1bight") == asked("war m mix, br ight")
    for text in ("теплый и широкий микс", "温かくて広いミックス", "mezcla cálida", "🎸🎸 warm 🎸"):
        read_prompt(text)
    assert asked("🎸🎸 warm 🎸") == {("warmth", "all"): 1.0}
