"""Goals that are heard: are they met, what else moves, and what do they cost?"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from gen_mix.audio import AudioFile
from gen_mix.console.fast import render_fast
from gen_mix.console.layout import LAYOUT
from gen_mix.evaluation.control_session import ControlSession
from gen_mix.mix import MixParameters
from gen_mix.pipeline import MixPipeline
from gen_mix.sessions.engineers import draw_engineers
from gen_mix.steering.cast import cast_of
from gen_mix.steering.expressions import parse_goal
from gen_mix.steering.goals import Goals, excerpt_of, goals_of
from gen_mix.steering.production import ASPECTS
from gen_mix.steering.references import busiest, reference_of
from gen_mix.wishes import Reference, Wishes

_MOST_SEEDS = 12
_ASKED = (
    ("loudness up", "{lead}.loudness={above}"),
    ("loudness down", "{lead}.loudness={below}"),
    ("masking", "{lead}.masking<{low}"),
    ("octave", "octave_4000={above}"),
    ("width up", "width={above}"),
    ("width down", "width={below}"),
    ("mono_loss", "mono_loss<{low}"),
    ("punch", "punch={above}"),
    ("reference", "reference<{low}"),
)
"""What is tried: by name, a goal about what mixes of the session measure without it: one spread above or below their
mean, or their lower quarter."""


@dataclass(frozen=True)
class _Trial:
    """One goal on one session.

    Attributes:
        missed: By how much each mix misses, without and with the goal (2, mixes).
        elsewhere: The same on the whole session instead of the section that is listened to.
        met: Whether each mix keeps to the goal, without and with it (2, mixes).
        spread: Variance of what was not asked for, without and with it.
        seconds: CPU time of sampling a mix, without and with it.
    """

    missed: Tensor
    elsewhere: Tensor
    met: Tensor
    spread: tuple[float, float]
    seconds: tuple[float, float]


def goals_part(
    pipeline: MixPipeline, sessions: Sequence[ControlSession], samples: int, seed: int
) -> Mapping[str, object]:
    """Return goal by goal what guidance by sound does, against the same seeds without it.

    * ``met``: share of mixes that keep to the goal within its tolerance; ``met_without`` the share by chance.
    * ``left``: mean miss over that without; ``left_elsewhere`` the same on the whole session.
    * ``variety``: spread of what is heard and was not asked for, over that without.
    * ``cost``: CPU time of sampling one mix, over that without.
    """
    found: dict[str, list[_Trial]] = {name: [] for name, _ in _ASKED}
    for number, one in enumerate(sessions):
        seeds = range(seed, seed + min(samples, _MOST_SEEDS))
        record = _record(one, seed + number)
        for name, template in _ASKED:
            found[name].append(_tried(pipeline, one, template, record, seeds))
    return {name: _summed(trials) for name, trials in found.items()}


def _tried(
    pipeline: MixPipeline, one: ControlSession, template: str, record: Reference, seeds: Sequence[int]
) -> _Trial:
    lead = one.session.tracks[int(one.facts.is_lead[0].int().argmax())].file
    plain, before = _sampled(pipeline, one, Wishes(), seeds)
    usual = _goals(pipeline, one, template.format(lead=lead, above=0, below=0, low=0), record).measure(plain)
    mean, spread = float(usual.mean()), float(usual.std())
    text = template.format(
        lead=lead, above=f"{mean + spread:.3f}", below=f"{mean - spread:.3f}", low=f"{float(usual.quantile(0.25)):.3f}"
    )
    goal = parse_goal(text)
    # The AF distance needs its record, but without the pull of what the record measures.
    reference = replace(record, aspects=())
    wishes = Wishes(goals=(goal,), references=(reference,) if goal.measure == "reference" else ())
    led, after = _sampled(pipeline, one, wishes, seeds)
    near = _goals(pipeline, one, text, record)
    far = replace(near, excerpt=excerpt_of(one.session, frozenset(), one.session.seconds))
    rows = {
        where: torch.stack([_miss(goals.measure(mixes)[:, 0], goals) for mixes in (plain, led)])
        for where, goals in (("near", near), ("far", far))
    }
    named = [] if not goal.target else [place for place, track in enumerate(one.session.tracks) if track.file == lead]
    spreads = [_spread(one, mixes, named) for mixes in (plain, led)]
    tolerance = near.aims[0].gauge.tolerance
    return _Trial(rows["near"], rows["far"], rows["near"] <= tolerance, (spreads[0], spreads[1]), (before, after))


def _sampled(
    pipeline: MixPipeline, one: ControlSession, wishes: Wishes, seeds: Sequence[int]
) -> tuple[MixParameters, float]:
    """Return mixes as they are rendered, and the CPU time of sampling one of them."""
    steering = pipeline.steer(one.session, one.condition, wishes)
    started = time.process_time()
    mixes = [pipeline.sample(one.condition, [seed], steering=steering).parameters for seed in seeds]
    seconds = (time.process_time() - started) / len(seeds)
    together = MixParameters(torch.cat([mix.normalized for mix in mixes]), torch.cat([mix.mask for mix in mixes]))
    return LAYOUT.canonical(together), seconds


def _goals(pipeline: MixPipeline, one: ControlSession, text: str, record: Reference) -> Goals:
    cast = cast_of(one.session, one.condition, pipeline.embedder)
    goals = goals_of([parse_goal(text)], 1.0, (record,), one.session, cast)
    assert goals is not None
    return goals


def _miss(values: Tensor, goals: Goals) -> Tensor:
    goal = goals.aims[0].goal
    return (values.clamp(goal.low, goal.high) - values).abs()


def _spread(one: ControlSession, mixes: MixParameters, but: Sequence[int]) -> float:
    heard = one.heard(mixes)
    return float(heard[:, [place for place in range(heard.shape[1]) if place not in but]].var(0).mean())


def _record(one: ControlSession, seed: int) -> Reference:
    """Return a mix by a hidden engineer as if it were a record."""
    drawn = draw_engineers(one.facts, torch.Generator().manual_seed(seed)).parameters
    rate = one.session.sample_rate
    audio = render_fast(busiest(one.session), LAYOUT.canonical(drawn), rate)[0]
    return reference_of(AudioFile(audio, rate), "hidden", None, 1.0, tuple(ASPECTS))


def _summed(trials: Sequence[_Trial]) -> Mapping[str, float]:
    met = torch.cat([trial.met for trial in trials], dim=1).float().mean(1)
    left, elsewhere = (
        sum(getattr(trial, name) / getattr(trial, name)[0].mean().clamp_min(1e-9) for trial in trials)
        for name in ("missed", "elsewhere")
    )
    assert isinstance(left, Tensor)
    assert isinstance(elsewhere, Tensor)
    variances = [sum(trial.spread[place] for trial in trials) for place in range(2)]
    costs = [trial.seconds[1] / trial.seconds[0] for trial in trials]
    return {
        "met": round(float(met[1]), 3),
        "met_without": round(float(met[0]), 3),
        "left": round(float(left[1].mean()) / len(trials), 3),
        "left_elsewhere": round(float(elsewhere[1].mean()) / len(trials), 3),
        "variety": round((variances[1] / variances[0]) ** 0.5, 3),
        "cost": round(sum(costs) / len(costs), 2),
    }
