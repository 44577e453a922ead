"""Sentences that ask for one thing, made by a small grammar: for judging, and for examples."""

from collections.abc import Sequence

from gen_mix.words.groups import GROUP_WORDS
from gen_mix.words.lexicon import POLES

KNOWN_FORMS = (
    "{how} {word} {target}",
    "make the {target} {how} {word}",
    "the {target} should be {how} {word}",
    "{target} {how} {word}",
    "I want the {target} {how} {word}",
    "please give me a {how} {word} {target}",
)
"""Forms of sentences that were at hand when the reader was written."""

HELD_OUT_FORMS = (
    "could you push the {target} towards something {how} {word}?",
    "let's have the {target} come across as {how} {word}",
    "when it comes to the {target}, think {how} {word}",
    "we'd all love it if the {target} felt {how} {word}",
    "turn the {target} into something {how} {word} for us",
    "imagine a {how} {word} {target}; that is where we are heading",
)
"""Forms that were not."""

STRENGTHS = ("slightly", "", "very")
"""From the weakest to the strongest."""


def sentence(form: str, word: str, group: str, how: str = "") -> str:
    """Return a sentence that asks for `word` of a group."""
    said = form.format(how=how, word=word, target="mix" if group == "all" else spoken(group))
    return " ".join(said.split())


def spoken(group: str) -> str:
    """Return what people call a group of `gen_mix.steering.cast.GROUPS`.

    Raises:
        ValueError: Nobody calls it anything.
    """
    words = [word for word, meant in GROUP_WORDS.items() if meant == group]
    if not words:
        raise ValueError(f"expected a group of {', '.join(sorted(set(GROUP_WORDS.values())))}, got {group}")
    return words[0]


def words_for(attribute: str, sign: float, is_held_out: bool) -> Sequence[str]:
    """Return the words for one end of an attribute, the commonest first."""
    pole = next(pole for pole in POLES if pole.attribute == attribute and pole.sign == sign)
    return pole.held_out if is_held_out else pole.trained
