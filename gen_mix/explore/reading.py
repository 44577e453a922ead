"""What comes in as JSON, read with bounds: a name, a number, a list."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gen_mix.errors import InputError
from gen_mix.wishes import MOST_AMOUNT, Amounts

WAYS = ("latent", "straight")
"""Between mixes: half-way in what is heard, by the latents of a codec, or on every knob."""

_LONGEST_NAME = 120
_LONGEST_LIST = 64


@dataclass(frozen=True)
class Spot:
    """A place between mixes.

    Attributes:
        mixes: Ids.
        weights: How much each counts, 0 to 1, one of them above 0.
        way: One of `WAYS`.
    """

    mixes: tuple[str, ...]
    weights: tuple[float, ...]
    way: str


def spot_in(body: Mapping[str, Any]) -> Spot:
    """Return a place between mixes.

    Raises:
        InputError: It is none.
    """
    pairs, way = list_in(body, "between"), body.get("way", WAYS[0])
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise InputError("between: expected pairs of a mix and its weight, got something else")
    weights = tuple(number(weight, "weight", 0.0, 1.0) for _, weight in pairs)
    if sum(weights) <= 0:
        raise InputError("between: expected a weight above 0, got none")
    if way not in WAYS:
        raise InputError(f"way: expected one of {', '.join(WAYS)}, got something else")
    return Spot(tuple(str(mix) for mix, _ in pairs), weights, way)


def name_in(body: Mapping[str, Any], key: str) -> str:
    """Return a name without control characters, cut where it is too long.

    Raises:
        InputError: There is none.
    """
    text = body.get(key)
    name = " ".join("".join(c if c.isprintable() else " " for c in text).split()) if isinstance(text, str) else ""
    if not name:
        raise InputError(f"{key}: expected a name, got none")
    return name[:_LONGEST_NAME]


def list_in(body: Mapping[str, Any], key: str) -> list[Any]:
    """Return a list that is neither empty nor long.

    Raises:
        InputError: It is none.
    """
    value = body.get(key)
    if not isinstance(value, list) or not 0 < len(value) <= _LONGEST_LIST:
        raise InputError(f"{key}: expected a list of 1 to {_LONGEST_LIST}, got something else")
    return value


def whole_number(value: Any, key: str, low: int, high: int) -> int:
    """Return `value` as a whole number from `low` to `high`.

    Raises:
        InputError: It is none.
    """
    try:
        read = low - 1 if isinstance(value, bool) else int(value)
    except (TypeError, ValueError, OverflowError):
        read = low - 1
    if not low <= read <= high:
        raise InputError(f"{key}: expected a whole number from {low} to {high}, got something else")
    return read


def number(value: Any, key: str, low: float, high: float) -> float:
    """Return `value` as a number from `low` to `high`.

    Raises:
        InputError: It is none.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or not low <= value <= high:
        raise InputError(f"{key}: expected a number from {low:g} to {high:g}, got something else")
    return float(value)


def amounts_in(body: Mapping[str, Any]) -> Amounts:
    """Return how much is to be done.

    Raises:
        InputError: An aspect is unknown, or an amount out of range.
    """
    told, known = body.get("amounts", {}), tuple(Amounts().by_aspect)
    if not isinstance(told, Mapping) or not set(told) <= set(known):
        raise InputError(f"amounts: expected some of {', '.join(known)}, got something else")
    by_aspect = {name: number(told.get(name, 1.0), name, 0.0, MOST_AMOUNT) for name in known}
    return Amounts(*by_aspect.values())


def track_name(file_name: str) -> str:
    """Return what to call a track, given the name of its file: no folders, no suffix, no control characters."""
    last = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    stem = last.rsplit(".", 1)[0] if "." in last.strip(".") else last
    return name_in({"name": stem or last}, "name")
