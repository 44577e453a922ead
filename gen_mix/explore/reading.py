"""What comes in as JSON, read with bounds: a name, a number, a list."""

import math
from collections.abc import Mapping
from typing import Any

from gen_mix.errors import InputError
from gen_mix.wishes import MOST_AMOUNT, Amounts

_LONGEST_NAME = 120
_LONGEST_LIST = 64


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
