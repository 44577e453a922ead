"""From a prompt to wishes for sound."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from gen_mix.errors import InputError
from gen_mix.wishes import Prompt, SoundWish
from gen_mix.words.closed import CLOSED, Word
from gen_mix.words.groups import GROUP_WORDS
from gen_mix.words.head import NOTHING, Guess, WordHead, read_head
from gen_mix.words.lexicon import POLES
from gen_mix.words.vectors import words_folder

ALL = "all"
"""The whole mix."""

MOST_LETTERS = 2000
"""Of a prompt that is read; what follows is left out, and that is said."""

_LONGEST_PHRASE = 4
_CLAUSE = re.compile(r"(.*?)([,;.!?:]+|\bbut\b|\bwhile\b|\bwhereas\b)")
_WORD = re.compile(r"[^\W\d_][\w'’-]*|\d+")
_MOST_STRENGTH = 3.0
_SURE_BESIDE = 0.9
"""Probability at which a word that nobody listed counts beside listed ones that already say something."""

_LEAST_LEANING = 0.3
"""Probability at which a word that may be about nothing counts, where nothing else in its clause says anything."""


@dataclass(frozen=True)
class Item:
    """A word or phrase as it was taken.

    Attributes:
        text: As it was said, in lower case.
        kind: ``pole``, ``group``, ``unknown``, or a `Word` of `gen_mix.words.closed`.
        name: Attribute of a pole, name of a group.
        sign: Of a pole.
        sure: How sure that is, 0 to 1; words of the lexicon are.
    """

    text: str
    kind: str
    name: str = ""
    sign: float = 0.0
    sure: float = 1.0


def read_prompt(text: str, head: WordHead | None = None, weight: float = 1.0) -> Prompt:
    """Return what a prompt asks for.

    Words of the lexicon mean what it says; others what the head makes of them, less surely where nothing else in their
    part of the sentence is about sound, only if it is sure where listed words are, or they are reported. Sentences are
    taken apart at commas, full stops and "but". In each part a word for sound is about the nearest instrument, or about
    the whole mix; "less", "not", "too", "very", "slightly" and their like change the next word for sound, or the
    level of the next instrument.

    Args:
        text: In English, of any length.
        head: Tells what words that nobody listed are about; the packaged one by default.
        weight: What strengths are multiplied by.

    Raises:
        InputError: The prompt is empty, or nothing in it is a letter.
    """
    cleaned = "".join(letter if letter.isprintable() else " " for letter in text).strip()
    if not any(letter.isalpha() for letter in cleaned):
        raise InputError(f"--prompt: expected words such as 'warm and wide', got {_shown(text)}")
    head = head or packaged_head()
    sounds: list[SoundWish] = []
    unknown: list[str] = []
    if len(cleaned) > MOST_LETTERS:
        unknown.append(f"what follows the first {MOST_LETTERS} letters")
    topic: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    for clause, end in _CLAUSE.findall(f"{cleaned[:MOST_LETTERS].lower()},"):
        items = _about_something(_surest(items_of(_WORD.findall(clause.replace("’", "'")), head)), head)
        groups = tuple(item.name for item in items if item.kind == "group")
        topic = groups if ":" in end else topic
        wishes = _wishes(items, named or topic)
        sounds += wishes
        named = () if wishes else groups  # "as for the guitars, a bit warmer"
        unknown += [item.text for item in items if item.kind == "unknown"]
    return Prompt(text, _merged(sounds), tuple(dict.fromkeys(unknown)), weight)


@cache
def packaged_head() -> WordHead:
    """Return the head that comes with the package."""
    return read_head(words_folder())


@cache
def known_words() -> dict[str, Item]:
    """Return what the words that are listed mean; the head does not hear of those held out."""
    known = {word: Item(word, kind.value) for word, kind in CLOSED.items()}
    known |= {word: Item(word, "pole", pole.attribute, pole.sign) for pole in POLES for word in pole.trained}
    return known | {word: Item(word, "group", group) for word, group in GROUP_WORDS.items()}


def items_of(words: Sequence[str], head: WordHead) -> list[Item]:
    """Return how the words of one clause are taken, longest phrases first."""
    known = known_words()
    items: list[Item] = []
    start = 0
    while start < len(words):
        for length in range(min(_LONGEST_PHRASE, len(words) - start), 0, -1):
            phrase = " ".join(words[start : start + length])
            if phrase in known:
                items.append(known[phrase])
                break
        else:
            length = 1
            items.append(_guessed(words[start], head))
        start += length
    return items


def _guessed(word: str, head: WordHead) -> Item:
    guess = head(_plain(word))
    if guess.meaning == NOTHING or guess.probability < head.surest:
        return Item(word, "unknown")
    kind, _, rest = guess.meaning.partition(" ")
    return Item(word, "group", rest, sure=guess.probability) if kind == "group" else _pole(word, guess)


def _surest(items: list[Item]) -> list[Item]:
    """Return items in which, if listed words say how something should sound, guesses are left out but the surest."""
    if not any(item.kind == "pole" and item.sure == 1 for item in items):
        return items
    return [
        replace(item, kind="unknown") if item.kind == "pole" and item.sure < _SURE_BESIDE else item for item in items
    ]


def _about_something(items: list[Item], head: WordHead) -> list[Item]:
    """Return items in which, if nothing yet says how anything should sound, the likeliest unknown word does."""
    unknown = [item for item in items if item.kind == "unknown"]
    if not unknown or any(item.kind in ("pole", *_QUANTITIES) for item in items):
        return items
    guesses = {item.text: head.leaning(_plain(item.text)) for item in unknown}
    likeliest = max(guesses, key=lambda text: guesses[text].probability)
    if guesses[likeliest].probability < _LEAST_LEANING:
        return items
    return [_pole(likeliest, guesses[likeliest]) if item.text == likeliest else item for item in items]


def _pole(word: str, guess: Guess) -> Item:
    attribute, _, end = guess.meaning.partition(" ")
    return Item(word, "pole", attribute, 1.0 if end == "+" else -1.0, guess.probability)


def _plain(word: str) -> str:
    return word.replace("-", " ").replace("'", " ")


def _wishes(items: list[Item], topic: tuple[str, ...]) -> list[SoundWish]:
    """Return the wishes of one clause; `topic` are the groups it is about if it names none."""
    heard = [item for item in _bass_settled(items) if item.kind != Word.FILLER.value]
    things = [item for item in heard if item.kind in ("pole", "group", Word.AND.value)]
    wishes: list[SoundWish] = []
    said: list[Item] = []
    for item in heard:
        if item.kind == "pole" or (item.kind == "group" and said and _is_alone(things, item)):
            name, sign = (item.name, item.sign) if item.kind == "pole" else ("level", 1.0)
            targets = _groups_of(things, item) or topic or (ALL,)
            text = " ".join(one.text for one in (*said, item))
            wishes += [SoundWish(text, name, target, _strength(said, sign), item.sure) for target in targets]
        if item.kind in ("pole", "group"):
            said = []
        elif item.kind == Word.AND.value:  # "less warm and bright" is less of both, "very warm and bright" one of them
            said = [one for one in said if one.kind == Word.LESS.value]
        elif item.kind != "unknown":
            said.append(item)
    if wishes and said:  # "turn the guitars down a bit"
        wishes[-1] = replace(wishes[-1], strength=_strength(said, wishes[-1].strength))
    return wishes


def _bass_settled(items: list[Item]) -> list[Item]:
    """Return items in which "bass" is an attribute where nothing else is said of it: "more bass"."""
    poles = [item for item in items if item.kind == "pole"]
    others = [item for item in items if item.kind == "group" and item.text != "bass"]
    is_asked = any(item.kind in _QUANTITIES for item in items)
    if poles or not (is_asked or others):
        return items
    return [replace(item, kind="pole", name="bass", sign=1.0) if item.text == "bass" else item for item in items]


_QUANTITIES = (Word.MORE.value, Word.LESS.value, Word.NOT.value, Word.TOO.value)


def _strength(said: Sequence[Item], sign: float) -> float:
    """Return what a pole of `sign` asks for after the words before it, in spreads."""
    kinds = [item.kind for item in said]
    strength = sign
    for kind, factor in ((Word.SLIGHT, 0.5), (Word.STRONG, 1.75)):
        strength *= factor ** min(kinds.count(kind.value), 2)
    if Word.NOT.value in kinds:  # "not too bright" is a mild wish for darker, "no echo" a plain one
        strength *= -0.6 if Word.TOO.value in kinds else -1.0
    elif Word.TOO.value in kinds:
        strength *= -1.0
    if Word.LESS.value in kinds:
        strength *= -1.0
    return max(-_MOST_STRENGTH, min(_MOST_STRENGTH, strength))


def _groups_of(things: Sequence[Item], item: Item) -> tuple[str, ...]:
    """Return the groups that an item is about: itself, or the nearest and what "and" joins to that.

    Args:
        things: Poles, groups and "and" of a clause.
        item: One of them; of two groups as near it is about the one that follows.
    """
    place = next(other for other, one in enumerate(things) if one is item)
    groups = [other for other, one in enumerate(things) if one.kind == "group"]
    if not groups:
        return ()
    first = last = min(groups, key=lambda other: (abs(other - place), other < place))
    while first - 2 in groups and things[first - 1].kind == Word.AND.value and not _is_pole(things, first - 3, place):
        first -= 2
    while last + 2 in groups and things[last + 1].kind == Word.AND.value and not _is_pole(things, last + 3, place):
        last += 2
    return tuple(things[other].name for other in range(first, last + 1, 2))


def _is_pole(things: Sequence[Item], place: int, but: int) -> bool:
    return 0 <= place < len(things) and place != but and things[place].kind == "pole"


def _is_alone(things: Sequence[Item], item: Item) -> bool:
    """Return whether nothing is said of the sound of an instrument in its clause: "more vocals"."""
    return item.name != ALL and all(one.kind != "pole" for one in things)


def _merged(sounds: Sequence[SoundWish]) -> tuple[SoundWish, ...]:
    """Return wishes with those for the same thing taken together: the strongest counts, opposite ones add up."""
    merged: dict[tuple[str, str], SoundWish] = {}
    for wish in sounds:
        key = (wish.attribute, wish.target)
        if key not in merged:
            merged[key] = wish
            continue
        first = merged[key]
        agree = first.strength * wish.strength >= 0
        strength = max(first.strength, wish.strength, key=abs) if agree else first.strength + wish.strength
        merged[key] = replace(first, text=f"{first.text}, {wish.text}", strength=strength)
    return tuple(merged.values())


def _shown(text: str) -> str:
    shown = repr(text if len(text) <= 40 else f"{text[:40]}...")
    return shown if text else "nothing"
