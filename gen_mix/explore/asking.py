"""What is asked of new mixes: read from what a page sends, and made into wishes for one session."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gen_mix.errors import InputError
from gen_mix.explore.choosing import kept_settings
from gen_mix.explore.explorer import Explorer
from gen_mix.explore.history import Slot
from gen_mix.explore.reading import amounts_in, number, whole_number
from gen_mix.explore.records import references_of
from gen_mix.explore.studio import Studio
from gen_mix.explore.workspace import Kept
from gen_mix.steering.attributes import ALL
from gen_mix.wishes import MOST_WEIGHT, Amounts, Example, Prompt, Wishes
from gen_mix.words.reading import MOST_LETTERS, read_prompt
from gen_mix.words.sentences import spoken

MOST_AT_ONCE = 16
"""Mixes of one request."""

_SHOWN_LETTERS = 60


@dataclass(frozen=True)
class Request:
    """Mixes that are asked for.

    Attributes:
        count: How many.
        base: Id of the slot to start from, or None.
        strength: How far from there, 0 to 1.
        seeds: Of the mixes; None for the next ones.
        amounts: How much is done.
        by_taste: Whether to come nearer to favourites and keep away from what was rejected.
        prompt: What was said in words, or None.
        by_records: Whether to come nearer to the records of the session.
    """

    count: int
    base: str | None = None
    strength: float = 1.0
    seeds: tuple[int, ...] | None = None
    amounts: Amounts = field(default_factory=Amounts)
    by_taste: bool = False
    prompt: Prompt | None = None
    by_records: bool = False


def request_in(body: Mapping[str, Any], kept: Kept, spots: list[int]) -> Request:
    """Return what is asked for.

    Args:
        body: What the page sent.
        kept: The session.
        spots: Seeds of the map's background.

    Raises:
        InputError: Something in `body` is out of range.
    """
    base = None if body.get("base") is None else kept.history.scene.slot(str(body["base"])).id
    count, seeds = whole_number(body.get("count", 4), "count", 1, MOST_AT_ONCE), None
    is_spot = "spot" in body  # the mix that stands there already, so nothing moves it
    if is_spot:
        seeds, count = (spots[whole_number(body["spot"], "spot", 0, len(spots) - 1)],), 1
    strength = number(body.get("strength", 1.0), "strength", 0.0, 1.0)
    is_by_taste = body.get("by_taste") is True
    return Request(count, base, strength, seeds, amounts_in(body), is_by_taste, prompt_in(body), not is_spot)


def prompt_in(body: Mapping[str, Any]) -> Prompt | None:
    """Return what was said in words, or None if nothing was.

    Raises:
        InputError: It is no text, or holds no letter; or its weight is out of range.
    """
    text = body.get("words", "")
    if not isinstance(text, str) or len(text) > 2 * MOST_LETTERS:
        raise InputError(f"words: expected a text of at most {2 * MOST_LETTERS} letters, got something else")
    if not text.strip():
        return None
    if not any(letter.isalpha() for letter in text):
        raise InputError("words: expected some such as 'warm and wide', got no letter")
    return read_prompt(text, weight=number(body.get("words_weight", 1.0), "words_weight", 0.0, MOST_WEIGHT))


def prompt_view(prompt: Prompt | None) -> dict[str, Any]:
    """Return what words were taken to mean, for the page."""
    if prompt is None:
        return {"understood": [], "not_understood": []}
    understood = [
        {
            "text": one.text,
            "attribute": one.attribute,
            "of": "" if one.target == ALL else spoken(one.target),
            "strength": one.strength,
        }
        for one in prompt.sounds
    ]
    return {"understood": understood, "not_understood": list(prompt.not_understood)}


def wishes_of(explorer: Explorer, studio: Studio, kept: Kept, request: Request) -> Wishes:
    """Return the wishes that a request comes to in the present scene of a session."""
    scene = kept.history.scene

    def example(slot: Slot) -> Example:
        document = explorer.mix_facts(kept.id, slot.mix)["document"]
        return Example(slot.name, studio.parameters(document), document["intent"])

    def judged(verdict: str) -> tuple[Example, ...]:
        return tuple(example(slot) for slot in scene.slots if slot.verdict == verdict) if request.by_taste else ()

    ordered = [studio.session.tracks[place] for place in studio.order]
    return Wishes(
        settings=() if request.base is None else kept_settings(scene.locks, ordered),
        start=None if request.base is None else example(scene.slot(request.base)),
        strength=request.strength,
        amounts=request.amounts,
        liked=judged("favourite"),
        disliked=judged("rejected"),
        prompt=request.prompt,
        references=references_of(explorer, kept) if request.by_records else (),
        told=scene.told,
    )


def origin_of(wishes: Wishes, seed: int) -> str:
    """Return in words how a mix came about."""
    parts = [] if wishes.prompt is None else [f"“{_short(wishes.prompt.text)}”"]
    parts += [f"like {' and '.join(_short(one.name) for one in wishes.references)}"] if wishes.references else []
    parts += [] if wishes.start is None else [f"{round(wishes.strength * 100)} % away from {wishes.start.name}"]
    parts += ["by your taste"] if wishes.liked or wishes.disliked else []
    return ", ".join([*parts, f"seed {seed}"])


def _short(text: str) -> str:
    shown = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return shown if len(shown) <= _SHOWN_LETTERS else f"{shown[: _SHOWN_LETTERS - 1]}…"
