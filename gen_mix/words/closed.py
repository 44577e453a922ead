"""Words that say how much, and words that say nothing: few, and always the same."""

from enum import Enum


class Word(Enum):
    """What a word of a closed class does."""

    SLIGHT = "slight"
    STRONG = "strong"
    MORE = "more"
    LESS = "less"
    NOT = "not"
    TOO = "too"
    AND = "and"
    FILLER = "filler"


def _listed(kind: Word, words: str) -> dict[str, Word]:
    return {word.strip(): kind for word in words.split(",")}


CLOSED: dict[str, Word] = {
    **_listed(
        Word.FILLER,
        "a, an, the, make, makes, made, making, sounds, sounding, sounded, want, wants, wanted, need, "
        "needs, please, like, give, gives, me, i, i'd, i'm, it, it's, its, is, are, be, been, being, "
        "should, would, could, can, will, to, of, in, on, for, from, at, by, feel, feels, feeling, tone, "
        "tones, have, has, having, had, let, lets, let's, keep, keeps, kept, my, our, your, this, that, "
        "these, those, kind, sort, some, get, gets, put, go, goes, going, we, you, they, their, there, "
        "so, just, try, as, with, into, than, now, them, him, her, he, she, bit, something, character, "
        "vibe, quality, style, mixed, hear, think, love, do, does, was, were, us, one, ones, up, out, "
        "really want, part, parts, if, possible, maybe, perhaps, also, then, here, where, which, who, "
        "what, come, comes, thing, things, add some",
    ),
    **_listed(
        Word.SLIGHT,
        "slightly, a touch, a bit, a little, a little bit, somewhat, mildly, subtly, a hint, a hint of, a "
        "tad, faintly, a touch of, a bit of, little, touch of, moderately, a shade, a dash of, tad, "
        "fairly, kind of, sort of, rather",
    ),
    **_listed(
        Word.STRONG,
        "very, much, really, super, extremely, way, a lot, lots, lots of, a lot of, heavily, massively, "
        "hugely, strongly, incredibly, totally, ultra, insanely, plenty of, tons of, so much, completely, "
        "absolutely, far, considerably, significantly, exceptionally, seriously, intensely, noticeably, "
        "as possible",
    ),
    **_listed(
        Word.MORE,
        "more, extra, add, increase, additional, boost, enhance, plus, turn up the, bring up the, bring "
    "out, bring out the"),
    **_listed(
        Word.LESS,
        "less, fewer, reduce, decrease, cut, cut the, drop, dial back, tone down, turn down the, bring "
        "down the, minus, tame the, minimize, ease off, pull back, take away, take out, lose, lose the, "
        "remove",
    ),
    **_listed(Word.NOT, "not, no, without, never, don't, do not, isn't, aren't, nothing, non, avoid, zero, hardly any, "
    "free of, shouldn't, nor"),
    **_listed(Word.TOO, "too, overly, excessively, too much, too many"),
    **_listed(Word.AND, "and, or, plus also, yet, though"),
}  # fmt: skip
"""Words of closed classes, lower case."""
