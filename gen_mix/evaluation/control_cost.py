"""What wishes cost, in times of the time of a plain sample."""

import time
from collections.abc import Mapping, Sequence

import numpy as np

from gen_mix.evaluation.control_session import ControlSession
from gen_mix.evaluation.control_variety import wishes_to_try
from gen_mix.pipeline import MixPipeline
from gen_mix.steering.expressions import parse_amounts, parse_setting
from gen_mix.steering.steering import Steering
from gen_mix.wishes import Example, Wishes
from gen_mix.words.reading import read_prompt

_REPEATS = 3


def cost_of_wishes(
    pipeline: MixPipeline, sessions: Sequence[ControlSession], samples: int, seed: int
) -> Mapping[str, object]:
    """Return CPU time of sampling one mix under each kind of wish, over that of a plain one, on the first session.

    Medians of three, one of each kind in turn, so that a busy machine weighs on all alike. What is done once per run
    (``preparing``) is given for the wish that needs most of it. ``together`` has all wishes at once.
    """
    one = sessions[0]
    wishes = {"plain": Wishes(), **wishes_to_try(pipeline, one, seed), "together": _together(pipeline, one, seed)}
    steerings = {name: pipeline.steer(one.session, one.condition, wish) for name, wish in wishes.items()}
    seconds: dict[str, list[float]] = {name: [] for name in (*steerings, "preparing")}
    for _ in range(_REPEATS):
        for name, steering in steerings.items():
            seconds[name].append(_seconds(pipeline, one, steering, seed))
        started = time.process_time()
        pipeline.steer(one.session, one.condition, wishes["together"])
        seconds["preparing"].append(time.process_time() - started)
    plain = float(np.median(seconds.pop("plain")))
    return {name: round(float(np.median(times)) / plain, 2) for name, times in seconds.items()}


def _seconds(pipeline: MixPipeline, one: ControlSession, steering: Steering, seed: int) -> float:
    started = time.process_time()
    pipeline.choose(one.session, one.condition, seed, steering=steering)
    return time.process_time() - started


def _together(pipeline: MixPipeline, one: ControlSession, seed: int) -> Wishes:
    mix = pipeline.choose(one.session, one.condition, seed + 10_000)
    example = Example("start", mix.parameters, mix.intent)
    first, last = one.session.tracks[0].file, one.session.tracks[-1].file
    texts = (first, f"{last}.pan=-0.7", f"{last}.fader_db=-6..0", "all.fader_db+=1")
    tried = wishes_to_try(pipeline, one, seed)
    return Wishes(
        tuple(parse_setting(text) for text in texts),
        example,
        0.7,
        parse_amounts(["1.2"]),
        (example,),
        (example,),
        read_prompt("warm and wide, vocals up front"),
        tried["reference"].references,
    )
