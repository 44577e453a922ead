"""How wishes are written: ``Kick.fader_db=-3``, ``Gtr L.pan=-0.3..0.3``, ``drums.fader_db+=2``, ``eq=0.5``."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

from gen_mix.console.layout import BUS_TOKENS, LAYOUT, TRACK
from gen_mix.errors import InputError
from gen_mix.sessions.instruments import INSTRUMENTS
from gen_mix.steering.measures import GAUGES
from gen_mix.wishes import Amounts, Goal, SettingWish, Telling

_SENTENCE = re.compile(r"(?P<what>.*?)\s*(?P<verb>\+=|-=|=)\s*(?P<value>[^=]*)")
_GOAL = re.compile(r"(?P<what>[^<>=]*?)\s*(?P<verb>[=<>])\s*(?P<value>[^<>=]*)")
_RANGE = re.compile(r"(?P<low>.+?)\s*\.\.\s*(?P<high>.+)")
_SWITCH_WORDS = {"on": 1.0, "true": 1.0, "off": 0.0, "false": 0.0}

KNOBS = tuple(dict.fromkeys(spec.name for kind in (*BUS_TOKENS, TRACK) for spec in LAYOUT.specs(kind)))
"""Names of all knobs."""

_SWITCHES = tuple(name for name in KNOBS if name.endswith(".on"))
_STEMS = tuple(
    dict.fromkeys(".".join(name.split(".")[:end]) for name in KNOBS for end in range(1, name.count(".") + 1))
)
_ALIASES = {"sends.reverb_db": "reverb_send.level_db", "sends.delay_db": "delay_send.level_db", "eq.on": "eq"}
"""Names of a mix's file that are not names of knobs."""


_REFERENCE = re.compile(r"(?P<path>.+?)(@(?P<first>[\d.]+)-(?P<last>[\d.]+))?(=(?P<weight>[\d.]+))?")


@dataclass(frozen=True)
class SaidReference:
    """A reference as it was said.

    Attributes:
        path: Of the file.
        span: From and to, in seconds, or None.
        weight: See `gen_mix.wishes.Reference`.
    """

    path: Path
    span: tuple[float, float] | None
    weight: float


def parse_reference(text: str) -> SaidReference:
    """Return what ``FILE[@START-END][=WEIGHT]`` says; a file whose whole name is `text` is that file.

    Raises:
        InputError: A number cannot be read.
    """
    found = _REFERENCE.fullmatch(text)
    if found is None or Path(text).is_file():
        return SaidReference(Path(text), None, 1.0)
    where = f"--reference {text}"
    span = None if found["first"] is None else (_number(found["first"], where), _number(found["last"], where))
    return SaidReference(Path(found["path"]), span, _number(found["weight"] or "1", where))


def parse_setting(text: str, option: str = "--set") -> SettingWish:
    """Return what one expression asks for.

    ``TARGET`` or ``TARGET.KNOBS`` keeps what the mix to start from has; ``=VALUE``, ``=LOW..HIGH``, ``+=STEP`` and
    ``-=STEP`` after a knob ask for a value, a range and a move. Knobs are named as in a mix's file, switches are
    ``on`` or ``off``; ``eq``, ``eq.bell_1`` or ``compressor`` stand for all their knobs, or with ``=off`` for their
    switches.

    Args:
        text: The expression.
        option: What it was given to, for messages.

    Raises:
        InputError: It cannot be read; whether the target exists, only the session knows.
    """
    said = _SENTENCE.fullmatch(text.strip())
    where = f"{option} {text!r}"
    if said is None:
        target, knobs = _split(text.strip())
        if not target:
            raise InputError(f"{where}: expected TRACK or TRACK.KNOB=VALUE, got nothing")
        return SettingWish(text, target, knobs, "keep")
    target, knobs = _split(said["what"])
    if not target or not knobs:
        raise InputError(
            f"{where}: expected a knob, TRACK.KNOB=VALUE, got {said['what']!r}{_nearest_knob(said['what'])}"
        )
    if said["verb"] != "=":
        step = _number(said["value"], where) * (1 if said["verb"] == "+=" else -1)
        return SettingWish(text, target, _numeric(knobs, where), "move", step, step)
    ends = _RANGE.fullmatch(said["value"].strip())
    if ends is not None:
        low, high = (_number(ends[end], where) for end in ("low", "high"))
        if low > high:
            raise InputError(f"{where}: expected a range from low to high, got {low:g} to {high:g}")
        return SettingWish(text, target, _numeric(knobs, where), "range", low, high)
    return _value(text, target, knobs, said["value"].strip().lower(), where)


def parse_amounts(texts: Iterable[str], option: str = "--amount") -> Amounts:
    """Return amounts from expressions such as ``0.5`` (all aspects), ``eq=0.5`` or ``eq=0.5,space=1.5``; later win.

    Raises:
        InputError: An aspect is unknown or an amount no number, or out of range.
    """
    names = [one.name for one in fields(Amounts)]
    amounts: dict[str, float] = {}
    for text in texts:
        for part in text.split(","):
            name, equals, number = part.rpartition("=")
            amount = _number(number, f"{option} {text!r}")
            if equals and name.strip() not in names:
                raise InputError(f"{option} {text!r}: expected one of {', '.join(names)}, got {name.strip()!r}")
            amounts |= dict.fromkeys([name.strip()] if equals else names, amount)
    try:
        return Amounts(**amounts)
    except InputError as error:
        raise InputError(f"{option}: {error}") from error


def parse_goal(text: str, option: str = "--goal") -> Goal:
    """Return what ``[TARGET.]MEASURE=VALUE``, ``=LOW..HIGH``, ``<HIGH`` or ``>LOW`` asks for; see `GAUGES`.

    Raises:
        InputError: It cannot be read; whether the target exists, only the session knows.
    """
    said, where = _GOAL.fullmatch(text.strip()), f"{option} {text!r}"
    if said is None:
        raise InputError(f"{where}: expected MEASURE=VALUE, <VALUE or >VALUE, got none")
    target, _, measure = said["what"].rpartition(".")
    name = measure.strip().lower()
    if name not in GAUGES:
        raise InputError(f"{where}: expected one of {', '.join(GAUGES)}, got {measure!r}{nearest(name, tuple(GAUGES))}")
    ends = _RANGE.fullmatch(said["value"].strip()) if said["verb"] == "=" else None
    values = [_number(part, where) for part in (ends.group("low", "high") if ends else [said["value"]])]
    low, high = {"=": (values[0], values[-1]), "<": (-math.inf, values[0]), ">": (values[0], math.inf)}[said["verb"]]
    if low > high:
        raise InputError(f"{where}: expected a range from low to high, got {low:g} to {high:g}")
    return Goal(text, target.strip(), name, low, high)


def parse_telling(text: str) -> Telling:
    """Return what ``TRACK=INSTRUMENT`` or ``TRACK=INSTRUMENT lead`` says; case does not count.

    Raises:
        InputError: It cannot be read, or there is no such instrument, with the nearest ones.
    """
    track, _, said = (part.strip() for part in text.rpartition("="))
    instrument, *more = said.lower().split() or [""]
    if not track or more not in ([], ["lead"]):
        raise InputError(f"--tell {text}: expected TRACK=INSTRUMENT or 'TRACK=INSTRUMENT lead', got {text!r}")
    if instrument not in INSTRUMENTS:
        near = nearest(instrument, INSTRUMENTS) or f" ({', '.join(INSTRUMENTS)})"
        raise InputError(f"--tell {text}: expected an instrument, got {instrument!r}{near}")
    return Telling(text, track, instrument, bool(more))


def names_of(name: str, file: str) -> set[str]:
    """Return what a track answers to, in small letters: its name, and its file with and without folder and ending."""
    path = PurePosixPath(file)
    return {name.lower(), file.lower(), path.name.lower(), path.stem.lower()}


def nearest(word: str, known: Sequence[str]) -> str:
    """Return which of `known` come nearest to `word`, in brackets, or nothing."""
    by_lower = {name.lower(): name for name in reversed(known)}  # of names that differ in case only, the first
    near = get_close_matches(word.lower(), by_lower, 3, 0.5)
    return f" (nearest: {', '.join(by_lower[name] for name in near)})" if near else ""


def _split(what: str) -> tuple[str, str]:
    """Return target and knobs: what follows the first dot after which there is a knob; a track's name may have dots."""
    dots = [place for place, letter in enumerate(what) if letter == "."]
    for dot in dots:
        knobs = what[dot + 1 :].strip().lower()
        if knobs in KNOBS or knobs in _STEMS or knobs in _ALIASES:
            return what[:dot].strip(), _ALIASES.get(knobs, knobs)
    return what.strip(), ""


def _value(text: str, target: str, knobs: str, said: str, where: str) -> SettingWish:
    """Return the wish for one value: a number, or ``on`` and ``off`` for a switch."""
    if said not in _SWITCH_WORDS:
        number = _number(said, where)
        return SettingWish(text, target, _numeric(knobs, where), "value", number, number)
    place = _SWITCH_WORDS[said]
    if knobs == "eq" and place == 1:
        raise InputError(f"{where}: expected a band such as eq.bell_1, for an eq is on where a band is, got {said!r}")
    if knobs.endswith("_send.level_db") and place == 0:  # a mix's file has no other switch for it
        knobs = knobs.removesuffix(".level_db")
    switch = knobs if knobs == "eq" or knobs in _SWITCHES else f"{knobs}.on"
    if switch != "eq" and switch not in _SWITCHES:
        raise InputError(f"{where}: expected a number for {knobs}, got {said!r}")
    return SettingWish(text, target, switch, "value", place, place)


def _numeric(knobs: str, where: str) -> str:
    """Return `knobs` if that is one knob that takes a number."""
    if knobs in _SWITCHES:
        raise InputError(f"{where}: expected on or off for {knobs}, got a number")
    if knobs not in KNOBS:
        raise InputError(f"{where}: expected a knob with a number, got {knobs}{_nearest_knob(knobs)}")
    return knobs


def _nearest_knob(what: str) -> str:
    return nearest(what.partition(".")[2] or what, KNOBS)


def _number(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) < float("inf"):
        raise InputError(f"{where}: expected a number, got {text.strip()!r}")
    return value
