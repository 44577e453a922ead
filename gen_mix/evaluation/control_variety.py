"""Variety: what was not asked for stays as varied as without the wish."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from gen_mix.audio import AudioFile
from gen_mix.console.fast import render_fast
from gen_mix.evaluation.control_session import ControlSession
from gen_mix.pipeline import MixPipeline
from gen_mix.steering.expressions import parse_amounts, parse_setting
from gen_mix.steering.references import busiest, reference_of
from gen_mix.wishes import Example, Reference, Wishes
from gen_mix.words.reading import read_prompt


def wishes_to_try(pipeline: MixPipeline, one: ControlSession, seed: int) -> dict[str, Wishes]:
    """Return one wish of each kind by name, each about the first track of a session where it is about a track."""
    first = one.session.tracks[0].file
    mix = pipeline.choose(one.session, one.condition, seed + 10_000)
    example = Example("start", mix.parameters, mix.intent)
    return {
        "lock": Wishes((parse_setting(first),), example, strength=1.0),
        "set": Wishes((parse_setting(f"{first}.pan=-0.7"),)),
        "range": Wishes((parse_setting(f"{first}.fader_db=-6..0"),)),
        "move": Wishes((parse_setting(f"{first}.fader_db+=2"),)),
        "amount": Wishes(amounts=parse_amounts(["eq=0.5"])),
        "like": Wishes(liked=(example,)),
        "unlike": Wishes(disliked=(example,)),
        "prompt": Wishes(prompt=read_prompt("brighter")),
        "reference": Wishes(references=(_record(one, example),)),
    }


def _record(one: ControlSession, example: Example) -> Reference:
    """Return the tone of a mix as if it were a record."""
    rate = one.session.sample_rate
    audio = render_fast(busiest(one.session), example.parameters, rate)[0]
    return reference_of(AudioFile(audio, rate), "a mix", None, 1.0, ("tone",))


def variety_of(
    pipeline: MixPipeline, sessions: Sequence[ControlSession], samples: int, seed: int
) -> Mapping[str, object]:
    """Return for each kind of wish how much of the spread is kept, of what was not asked for.

    The spread is the standard deviation over mixes of what is heard of a track, pooled over features and sessions. A
    wish about a track asks for the track, one for less eq or for the tone of a record for the responses and the levels
    that follow from them; what is liked or named in words is all heard. 1 is as varied as without the wish.
    """
    totals: dict[str, list[tuple[float, float]]] = {}
    for one in sessions:
        seeds = range(seed, seed + samples)
        plain = one.heard(pipeline.sample(one.condition, seeds).parameters)
        for name, wishes in wishes_to_try(pipeline, one, seed).items():
            steering = pipeline.steer(one.session, one.condition, wishes)
            steered = one.heard(pipeline.sample(one.condition, seeds, steering=steering).parameters)
            pair = tuple(float(_free(heard, name).var(0).mean()) for heard in (steered, plain))
            totals.setdefault(name, []).append((pair[0], pair[1]))
    return {
        name: round((sum(pair[0] for pair in pairs) / sum(pair[1] for pair in pairs)) ** 0.5, 3)
        for name, pairs in totals.items()
    }


def _free(heard: Tensor, name: str) -> Tensor:
    """Return what is heard (mixes, ...) that a wish is not about."""
    if name in ("lock", "set", "range", "move"):
        return heard[:, 1:]
    if name in ("amount", "reference"):
        return torch.cat([heard[..., 1:2], heard[..., 11:]], dim=-1)
    return heard
