"""Facts about goals that are heard, with small networks of random weights."""

import math
from dataclasses import replace

import pytest
import torch

from gen_mix.console.layout import BUS_TOKENS, LAYOUT, TRACK
from gen_mix.errors import InputError
from gen_mix.mix import MixParameters
from gen_mix.steering.cast import cast_of
from gen_mix.steering.expressions import parse_amounts, parse_goal, parse_setting
from gen_mix.steering.goals import Goals, excerpt_of, goals_of, unmet
from gen_mix.steering.measures import GAUGES
from gen_mix.wishes import Example, Goal, Wishes
from gen_mix.words.reading import read_prompt
from tests.steering.test_steering import FEW, condition, file, plain, same
from tests.test_pipeline import pipeline, session


def asked(*texts: str, strength: float = 1.0, settings: tuple[str, ...] = ()) -> Wishes:
    """Return goals as they are typed."""
    return Wishes(
        tuple(parse_setting(text) for text in settings),
        goals=tuple(parse_goal(text) for text in texts),
        goal_strength=strength,
    )


def sampled(wishes: Wishes, seeds: range = range(4)) -> MixParameters:
    """Return mixes under wishes."""
    steering = pipeline().steer(session(), condition(), wishes, FEW)
    return LAYOUT.canonical(pipeline().sample(condition(), seeds, FEW, steering=steering).parameters)


def measured(text: str, mixes: MixParameters) -> torch.Tensor:
    """Return what some mixes measure (mixes,)."""
    cast = cast_of(session(), condition(), pipeline().embedder)
    goals = goals_of([parse_goal(text)], 1.0, (), session(), cast)
    assert goals is not None
    return goals.measure(mixes)[:, 0]


@pytest.mark.parametrize(
    ("what", "by"), [("FILE.loudness", 4.0), ("FILE.loudness", -4.0), ("width", 2.0), ("octave_1000", 2.0)]
)
def test_a_goal_is_met_where_mixes_without_it_do_not(what: str, by: float) -> None:
    name = what.replace("FILE", file(1))
    before = measured(f"{name}=0", sampled(Wishes()))
    goal = f"{name}={float(before.mean()) + by:.2f}"
    after = measured(goal, sampled(asked(goal)))
    wanted = parse_goal(goal).low
    assert float((after - wanted).abs().mean()) < 0.4 * float((before - wanted).abs().mean())


def test_a_goal_with_one_end_leaves_alone_who_keeps_to_it() -> None:
    before = measured("width=0", sampled(Wishes()))
    end = float(before.median())
    mixes, usual = sampled(asked(f"width<{end:.2f}")), sampled(Wishes())
    after = measured("width=0", mixes)
    assert float((after - end).clamp_min(0).max()) < 0.5 * float((before - end).clamp_min(0).max())
    kept = [place for place in range(4) if before[place] < end - 1]
    for place in kept:
        assert torch.allclose(mixes.normalized[place], usual.normalized[place], atol=1e-2)


def test_strength_zero_is_the_same_mix_to_the_last_bit() -> None:
    steering = pipeline().steer(session(), condition(), asked("width=0", strength=0.0), FEW)
    assert same(pipeline().choose(session(), condition(), 3, FEW, steering=steering), plain(3))


def test_a_seed_is_the_same_mix_under_the_same_goal() -> None:
    once, again = (
        pipeline().choose(
            session(), condition(), 2, FEW, steering=pipeline().steer(session(), condition(), asked("width=-3"), FEW)
        )
        for _ in range(2)
    )
    assert same(once, again)
    assert not same(once, plain(2))


def test_values_that_are_set_stay_and_the_rest_meets_the_goal() -> None:
    lock = f"{file(1)}.fader_db=-9.25"
    usual = sampled(asked(settings=(lock,)))
    before = measured(f"{file(1)}.loudness=0", usual)
    goal = f"{file(1)}.loudness={float(before.mean()) + 2:.2f}"
    mixes = sampled(asked(goal, settings=(lock,)))
    place = LAYOUT.index(TRACK, "fader_db")
    assert torch.equal(mixes.normalized[:, len(BUS_TOKENS) + 1, place], usual.normalized[:, len(BUS_TOKENS) + 1, place])
    wanted = parse_goal(goal).low
    assert float((measured(goal, mixes) - wanted).abs().mean()) < 0.6 * float((before - wanted).abs().mean())


def test_goals_go_together_with_every_other_wish() -> None:
    others = Wishes(
        (
            parse_setting(f"{file(0)}.pan=-0.25"),
            parse_setting("all.fader_db+=1"),
            parse_setting(f"{file(2)}.pan=-0.5..0.5"),
        ),
        Example("start", plain(50).parameters, plain(50).intent),
        0.8,
        parse_amounts(["0.7"]),
        (Example("liked", plain(51).parameters, plain(51).intent),),
        prompt=read_prompt("warmer"),
    )
    before = measured("width=0", sampled(others))
    goal = f"width={float(before.mean()) - 2:.2f}"
    mixes = sampled(replace(others, goals=(parse_goal(goal),)))
    pan = LAYOUT.value(mixes, TRACK, "pan")[:, 0]
    assert torch.allclose(pan, torch.full_like(pan, -0.25))
    wanted = parse_goal(goal).low
    assert float((measured(goal, mixes) - wanted).abs().mean()) < 0.5 * float((before - wanted).abs().mean())


def test_what_was_asked_and_reached_is_told_and_what_is_missed_is_a_note() -> None:
    impossible = asked(f"{file(1)}.loudness=40", f"{file(1)}.loudness>-90")
    steering = pipeline().steer(session(), condition(), impossible, FEW)
    choice = pipeline().choose(session(), condition(), 0, FEW, steering=steering)
    told = choice.met["goals"]
    assert isinstance(told, list)
    assert [one["met"] for one in told] == [False, True]
    value = float(measured(f"{file(1)}.loudness=0", choice.parameters))
    assert told[0]["reached"] == pytest.approx(value, abs=1e-3)
    assert unmet(choice.met) == [f"{file(1)}.loudness=40: not reached, {told[0]['reached']:g} LU"]
    assert choice.met["notes"] == unmet(choice.met)


def test_how_goals_are_written() -> None:
    assert parse_goal("Lead Vox. 2.loudness = -6.5") == Goal(
        "Lead Vox. 2.loudness = -6.5", "Lead Vox. 2", "loudness", -6.5, -6.5
    )
    assert parse_goal("mono_loss<1") == Goal("mono_loss<1", "", "mono_loss", -math.inf, 1.0)
    assert parse_goal("drums.width > -12").low == -12
    both = parse_goal("octave_63=-12..-6")
    assert (both.low, both.high) == (-12.0, -6.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("width", "MEASURE=VALUE"),
        ("wdith=3", "nearest: width"),
        ("width=wide", "expected a number"),
        ("width=3..-3", "from low to high"),
        ("loudness=-6", "TRACK.loudness"),
        ("reference<0.2", "--reference"),
        ("nobody.width=3", "expected a track"),
        ("reverb.width=3", "got a bus"),
        ("all.loudness=-6", "got all of them"),
    ],
)
def test_a_goal_that_cannot_be_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        pipeline().steer(session(), condition(), asked(text), FEW)


def test_the_section_is_where_the_tracks_that_are_meant_play() -> None:
    first, *others = session().tracks
    rate = session().sample_rate
    late = torch.zeros(1, 4 * rate)
    late[:, 3 * rate :] = 0.1 * torch.randn(1, rate, generator=torch.Generator().manual_seed(0))
    longer = [replace(one, audio=one.audio[:1].repeat(1, 8)[:, : 4 * rate]) for one in others]
    song = replace(session(), tracks=(replace(first, audio=late), *longer))
    assert excerpt_of(song, frozenset({0}), 0.5).seconds[0] >= 2.9
    excerpt = excerpt_of(song, frozenset({0}), 0.5)
    assert excerpt.warm_up == round(0.5 * rate)
    assert excerpt.tracks[0].shape[1] == pytest.approx(1.0 * rate, rel=0.01)


def test_every_measure_has_a_slope_in_a_mix() -> None:
    cast = cast_of(session(), condition(), pipeline().embedder)
    record = Wishes().references
    texts = [
        f"{file(1)}.{name}=0" if not gauge.of_all else f"{name}=0"
        for name, gauge in GAUGES.items()
        if name not in ("reference", "octave_16000")  # of which nothing is left at this rate
    ]
    goals = goals_of([parse_goal(text) for text in texts], 1.0, record, session(), cast)
    assert isinstance(goals, Goals)
    mixes = plain(3).parameters
    places = mixes.normalized.clone().requires_grad_()
    rows = goals.measure(MixParameters(places, mixes.mask))[0]
    for text, row in zip(texts, rows, strict=True):
        (slope,) = torch.autograd.grad(row, places, retain_graph=True)
        assert bool(slope.isfinite().all()), text
        assert bool((slope != 0).any()), text
