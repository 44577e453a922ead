"""The options by which one says what one wants."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from gen_mix.audio import SUFFIXES, read_audio, resample
from gen_mix.commands.arguments import number
from gen_mix.errors import InputError
from gen_mix.export.mix_file import read_mix_file
from gen_mix.sessions.session import Session
from gen_mix.sessions.written import as_written
from gen_mix.steering.expressions import (
    SaidReference,
    parse_amounts,
    parse_goal,
    parse_reference,
    parse_setting,
    parse_telling,
)
from gen_mix.steering.measures import GAUGES
from gen_mix.steering.production import ASPECTS
from gen_mix.steering.references import reference_of
from gen_mix.steering.rough import fit_rough
from gen_mix.steering.telling import tellings_by_name
from gen_mix.wishes import MOST_WEIGHT, Example, Prompt, Reference, Telling, Wishes
from gen_mix.words.encoders import head_by
from gen_mix.words.reading import read_prompt

NAMES = "names"
"""Of ``--tell``: believe what tracks are called."""

_MEASURES = tuple(name for name in GAUGES if not name.startswith("octave"))


def add_wishes(parser: argparse.ArgumentParser) -> None:
    """Add the options that hold wishes."""
    wanted = parser.add_argument_group("what you want", "The narrower wish wins; what gives way is written down.")
    for option, text in (
        ("--lock", "keep what the mix of --start-from has: TRACK or TRACK.KNOB; TRACK.KNOB=VALUE is --set"),
        ("--set", "TRACK.KNOB=VALUE, =LOW..HIGH, +=STEP or -=STEP; a bus, role or group stands for TRACK"),
    ):
        wanted.add_argument(
            option, dest="settings", action="append", default=[], type=_said(option), metavar="WISH", help=text
        )
    wanted.add_argument(
        "--tell", action="append", default=[], metavar="TRACK=INSTRUMENT",
        help='what a track is, where the model hears it wrongly: "Vox 3=lead_vocal", "Sax=sax_woodwind lead"; '
        "names: what the tracks are called",
    )  # fmt: skip
    wanted.add_argument(
        "--prompt", default=None, metavar="WORDS", help='such as "warm and wide, vocal up front, dry drums"'
    )
    wanted.add_argument(
        "--prompt-strength",
        type=number(0, MOST_WEIGHT),
        default=None,
        metavar="WEIGHT",
        help="how far words move mixes (1)",
    )
    wanted.add_argument(
        "--text-encoder", default=None, metavar="MODEL",
        help="for words that are not listed: folder or hub name of a sentence encoder or CLAP (packaged vectors)",
    )  # fmt: skip
    wanted.add_argument(
        "--reference", action="append", default=[], metavar="FILE[@START-END][=WEIGHT]",
        help="a record to sound like, or several; from and to in seconds, else its most typical loud part",
    )  # fmt: skip
    wanted.add_argument(
        "--reference-for", nargs="+", choices=tuple(ASPECTS), default=None, help="what is taken from it (all)"
    )
    wanted.add_argument(
        "--goal", action="append", default=[], metavar="GOAL",
        help=f"what a mix is to measure when rendered: [TRACK.]{'|'.join(_MEASURES)}|octave_31 ... octave_16000, then "
        "=VALUE, =LOW..HIGH, <VALUE or >VALUE",
    )  # fmt: skip
    wanted.add_argument(
        "--goal-strength", type=number(0, 1), default=None, metavar="SHARE", help="how much of the way to goals (1)"
    )
    wanted.add_argument(
        "--start-from", type=Path, default=None, metavar="MIX", help="mix_XX.json, or a stereo bounce of a rough mix"
    )
    wanted.add_argument(
        "--strength", type=number(0, 1), default=None, help="with --start-from: 0 returns it, 1 forgets it (0.5)"
    )
    wanted.add_argument(
        "--amount", action="append", default=[], metavar="AMOUNT",
        help="0 flat faders, 1 as sampled, up to 2; or one of level, pan, eq, dynamics, space: eq=0.5",
    )  # fmt: skip
    wanted.add_argument(
        "--like", type=Path, action="append", default=[], metavar="MIX", help="mix_XX.json to come nearer to"
    )
    wanted.add_argument(
        "--unlike", type=Path, action="append", default=[], metavar="MIX", help="mix_XX.json to keep away from"
    )


def wishes_of(arguments: argparse.Namespace, session: Session) -> Wishes | None:
    """Return what the options ask for, or None if they ask for nothing.

    Raises:
        InputError: A wish cannot be read, or a mix is not of this session.
    """
    if arguments.strength is not None and arguments.start_from is None:
        raise InputError(f"--strength {arguments.strength:g}: expected a mix to start from (--start-from), got none")
    if arguments.goal_strength is not None and not arguments.goal:
        raise InputError(f"--goal-strength {arguments.goal_strength:g}: expected a --goal, got none")
    wishes = Wishes(
        settings=tuple(parse_setting(text, option) for option, text in arguments.settings),
        start=None if arguments.start_from is None else _start(arguments.start_from, session),
        strength=Wishes.strength if arguments.strength is None else arguments.strength,
        amounts=parse_amounts(arguments.amount),
        liked=tuple(read_example(path, session) for path in arguments.like),
        disliked=tuple(read_example(path, session) for path in arguments.unlike),
        prompt=_prompt(arguments),
        references=_references(arguments),
        goals=tuple(parse_goal(text) for text in arguments.goal),
        told=_told(arguments.tell, session),
        goal_strength=1.0 if arguments.goal_strength is None else arguments.goal_strength,
    )
    return None if wishes == Wishes() else wishes


def _told(said: Sequence[str], session: Session) -> tuple[Telling, ...]:
    """Return what tracks are said to be, by name first: a track that is named itself is what it is named."""
    named = tellings_by_name(session) if NAMES in said else ()
    return (*named, *(parse_telling(text) for text in said if text != NAMES))


def _prompt(arguments: argparse.Namespace) -> Prompt | None:
    if arguments.prompt is None:
        if arguments.prompt_strength is not None:
            raise InputError(f"--prompt-strength {arguments.prompt_strength:g}: expected words (--prompt), got none")
        if arguments.text_encoder is not None:
            raise InputError(f"--text-encoder {arguments.text_encoder}: expected words (--prompt), got none")
        return None
    weight = 1.0 if arguments.prompt_strength is None else arguments.prompt_strength
    if arguments.text_encoder is None:
        return read_prompt(arguments.prompt, weight=weight)
    return replace(
        read_prompt(arguments.prompt, head_by(arguments.text_encoder), weight), encoder=arguments.text_encoder
    )


def _references(arguments: argparse.Namespace) -> tuple[Reference, ...]:
    if not arguments.reference:
        if arguments.reference_for is not None:
            raise InputError(f"--reference-for {' '.join(arguments.reference_for)}: expected a --reference, got none")
        return ()
    aspects = tuple(arguments.reference_for or ASPECTS)
    return tuple(_reference(parse_reference(text), aspects) for text in arguments.reference)


def _reference(said: SaidReference, aspects: tuple[str, ...]) -> Reference:
    file = read_audio(said.path)
    try:
        return reference_of(file, said.path.name, said.span, said.weight, aspects)
    except InputError as error:
        raise InputError(f"--reference {said.path}: {error}") from error


def _said(option: str) -> Callable[[str], tuple[str, str]]:
    """Return a reader that keeps by which option something was said, for messages."""
    return lambda text: (option, text)


def _start(path: Path, session: Session) -> Example:
    """Return the mix to start from: a file of settings, or settings fitted to a bounce."""
    if path.suffix.lower() not in SUFFIXES:
        return read_example(path, session)
    bounce = read_audio(path)
    if bounce.audio.shape[0] != 2:
        raise InputError(f"--start-from {path}: expected a stereo bounce, got {bounce.audio.shape[0]} channel(s)")
    try:
        fit = fit_rough(session, resample(bounce.audio, bounce.sample_rate, session.sample_rate), session.sample_rate)
    except InputError as error:
        raise InputError(f"--start-from {path}: {error}") from error
    print(
        f"{path.name}: faders and pans explain {fit.explained:.0%} of it; "
        f"with equalizers and reverb the spectra are {fit.distance_db[1]:.1f} dB apart"
    )
    return Example(path.name, as_written(session, fit.parameters))


def read_example(path: Path, session: Session) -> Example:
    """Return the mix of `session` that a ``mix_XX.json`` holds.

    Raises:
        InputError: It is no mix, or of another session.
    """
    mix = read_mix_file(path, session)
    return Example(path.name, mix.parameters, mix.intent)
