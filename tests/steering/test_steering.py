"""Facts about mixes that were wished for, with small networks of random weights."""

import json
from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gen_mix.console.layout import BUS_TOKENS, LAYOUT, TRACK
from gen_mix.console.settings import settings_of
from gen_mix.errors import InputError
from gen_mix.mix import MixCondition, MixParameters
from gen_mix.model.sampling import Sampling
from gen_mix.pipeline import Choice
from gen_mix.steering.expressions import parse_amounts, parse_setting
from gen_mix.steering.travel import straight
from gen_mix.wishes import Example, Wishes
from tests.test_pipeline import pipeline, session

FEW = Sampling(steps=6)


@cache
def condition() -> MixCondition:
    """Return the session as the model hears it."""
    return pipeline().embed(session())


@cache
def plain(seed: int) -> Choice:
    """Return a mix that nobody asked anything of."""
    return pipeline().choose(session(), condition(), seed, FEW)


@cache
def example(seed: int = 50) -> Example:
    """Return a mix to point at."""
    return Example(f"mix_{seed}.json", plain(seed).parameters, plain(seed).intent)


def wished(*texts: str, start: Example | None = None, strength: float = 0.5, amounts: str = "1") -> Wishes:
    """Return wishes as they are typed."""
    return Wishes(tuple(parse_setting(text) for text in texts), start, strength, parse_amounts([amounts]))


def steered(wishes: Wishes, seed: int = 3) -> Choice:
    """Return a mix under wishes."""
    steering = pipeline().steer(session(), condition(), wishes, FEW)
    return pipeline().choose(session(), condition(), seed, FEW, steering=steering)


def strip(choice: Choice, track: int) -> dict[str, object]:
    """Return the settings of one track as the mix's file has them."""
    tracks = session().tracks
    document = settings_of(
        choice.parameters, [one.name for one in tracks], [one.file for one in tracks], [0.0 for _ in tracks]
    )
    found = json.loads(json.dumps(document))["tracks"][track]
    assert isinstance(found, dict)
    return found


def same(one: Choice, other: Choice) -> bool:
    """True if two mixes have the same settings to the last bit."""
    return torch.equal(one.parameters.normalized, other.parameters.normalized)


def file(track: int) -> str:
    """Return the file of a track, which no other has."""
    return session().tracks[track].file


def test_without_wishes_nothing_changes() -> None:
    assert same(steered(Wishes()), plain(3))


@settings(max_examples=6)
@given(st.integers(-600000, 180000), st.integers(-10000, 10000), st.integers(10000, 99999))
def test_values_are_in_the_file_digit_for_digit(fader: int, pan: int, attack: int) -> None:
    fader_db, place, attack_ms = fader / 10000, pan / 10000, attack / 1000
    choice = steered(
        wished(
            f"{file(1)}.fader_db={fader_db}", f"{file(1)}.pan={place}", f"{file(1)}.compressor.attack_ms={attack_ms}"
        )
    )
    found = strip(choice, 1)
    assert (found["fader_db"], found["pan"]) == (fader_db, place)
    assert found["compressor"]["on"] is True  # type: ignore[index]
    assert found["compressor"]["attack_ms"] == attack_ms  # type: ignore[index]
    assert [entry["met"] for entry in choice.met["settings"]] == [1, 1, 1]  # type: ignore[attr-defined]


def test_switches_are_as_asked_whatever_the_seed() -> None:
    for seed in range(4):
        choice = steered(wished(f"{file(1)}.eq=off", f"{file(2)}.eq.bell_2=on", f"{file(2)}.sends.delay_db=off"), seed)
        assert strip(choice, 1)["eq"]["on"] is False  # type: ignore[index]
        assert strip(choice, 2)["eq"]["bands"][2]["on"] is True  # type: ignore[index]
        assert strip(choice, 2)["sends"]["delay_db"] is None  # type: ignore[index]


def test_a_range_holds_and_is_not_collapsed() -> None:
    pans = {strip(steered(wished(f"{file(1)}.pan=-0.3..0.3"), seed), 1)["pan"] for seed in range(6)}
    assert all(-0.3 <= float(pan) <= 0.3 for pan in pans)  # type: ignore[arg-type]
    assert len(pans) > 3


def test_a_locked_track_is_that_of_the_start_and_the_rest_is_not() -> None:
    choice = steered(wished(file(0), start=example(), strength=1.0))
    assert strip(choice, 0) == strip(plain(50), 0)
    assert strip(choice, 1) != strip(plain(50), 1)


def test_a_move_is_what_the_seed_gives_moved() -> None:
    choice = steered(wished(f"{file(1)}.fader_db+=2"))
    before = strip(plain(3), 1)["fader_db"]
    assert strip(choice, 1)["fader_db"] == pytest.approx(min(before + 2, 18))  # type: ignore[operator]
    assert strip(choice, 0) == strip(plain(3), 0)


def test_strength_zero_returns_the_start_and_one_forgets_it() -> None:
    assert same(steered(wished(start=example(), strength=0.0)), plain(50))
    assert same(steered(wished(start=example(), strength=1.0)), plain(3))


def test_the_model_goes_further_from_the_start_the_stronger() -> None:
    distances = []
    for strength in (0.0, 0.1, 0.4, 0.8):
        end = steered(wished(start=example(), strength=strength)).parameters
        distances.append(float((end.normalized - example().parameters.normalized).square().mean()))
    assert distances == sorted(distances)
    assert distances[0] == 0 < distances[1]


def test_a_lock_holds_under_every_other_wish() -> None:
    wishes = Wishes(
        (parse_setting(f"{file(1)}.fader_db=-3.21"), parse_setting("all.fader_db+=3"), parse_setting(file(0))),
        example(),
        0.6,
        parse_amounts(["0"]),
        (example(51),),
        (example(52),),
    )
    choice = steered(wishes)
    assert strip(choice, 1)["fader_db"] == -3.21
    assert strip(choice, 0) == {**strip(plain(50), 0), "fader_db": strip(choice, 0)["fader_db"]}
    assert any("gives way" in note for note in choice.met["notes"])  # type: ignore[attr-defined]


def test_a_seed_is_the_same_mix_under_the_same_wishes_alone_and_among_others() -> None:
    wishes = wished(f"{file(1)}.pan=-1", start=example(), strength=0.5)
    made = pipeline()(session(), seeds=[1, 2], num_inference_steps=6, wishes=wishes)
    again = steered(wishes, 2)
    assert torch.equal(made[1].parameters.normalized, again.parameters.normalized)
    assert made[1].conditions["settings"] == again.met["settings"]
    steering = pipeline().steer(session(), condition(), wishes, FEW)
    batch = pipeline().sample(condition(), [1, 2], FEW, steering=steering).parameters
    alone = pipeline().sample(condition(), [2], FEW, steering=steering).parameters
    assert torch.allclose(batch.normalized[1:], alone.normalized, atol=1e-3)


def test_what_is_liked_says_nothing_of_the_intent() -> None:
    slope = pipeline().steer(session(), condition(), Wishes(liked=(example(),)), FEW).route.slope
    assert slope is not None
    assert bool((slope[:, 0] == 0).all())
    assert bool((slope[:, 1:] != 0).any())


def test_what_is_liked_comes_nearer_and_what_is_not_goes_away() -> None:
    def distance(wishes: Wishes) -> float:
        steering = pipeline().steer(session(), condition(), wishes, FEW)
        mixes = pipeline().sample(condition(), range(8), FEW, steering=steering).parameters
        return float((LAYOUT.canonical(mixes).normalized - example().parameters.normalized).square().mean())

    assert distance(Wishes(liked=(example(),))) < distance(Wishes()) < distance(Wishes(disliked=(example(),)))


def test_liking_and_disliking_the_same_mix_is_nothing() -> None:
    steering = pipeline().steer(session(), condition(), Wishes(liked=(example(),), disliked=(example(),)), FEW)
    assert steering.route.slope is not None
    assert torch.allclose(steering.route.slope, torch.zeros_like(steering.route.slope), atol=1e-6)


@pytest.mark.parametrize("wish", ["Kick", "all.pan"])
def test_what_is_kept_needs_a_start(wish: str) -> None:
    with pytest.raises(InputError, match="--start-from"):
        wished(wish)


def test_both_ends_of_a_way_are_the_mixes_themselves() -> None:
    for way in ("straight", "noise"):
        found = pipeline().travel(session(), example(50), example(51), [0.0, 0.5, 1.0], way)  # type: ignore[arg-type]
        assert torch.equal(found[0].normalized, example(50).parameters.normalized)
        assert torch.equal(found[2].normalized, example(51).parameters.normalized)
        assert not torch.equal(found[1].normalized, found[0].normalized)


def test_a_straight_way_moves_what_is_on_evenly_and_fades_what_is_off() -> None:
    ends = [example(seed).parameters for seed in (50, 51)]
    half = straight(ends[0], ends[1], 0.5)
    tracks = slice(len(BUS_TOKENS), None)
    fader = LAYOUT.index(TRACK, "fader_db")
    middle = (ends[0].normalized + ends[1].normalized)[:, tracks, fader] / 2
    assert torch.allclose(half.normalized[:, tracks, fader], middle)
    on, gain = (LAYOUT.index(TRACK, f"eq.bell_2.{name}") for name in ("on", "gain_db"))
    faded = MixParameters(ends[0].normalized.clone(), ends[0].mask)
    faded.normalized[:, tracks, on], faded.normalized[:, tracks, gain] = 1.0, 0.9
    bare = MixParameters(faded.normalized.clone(), ends[0].mask)
    bare.normalized[:, tracks, on] = 0.0
    bare = LAYOUT.canonical(bare)
    nearly = straight(faded, bare, 0.75)
    assert bool((nearly.normalized[:, tracks, on] == 1).all())
    assert torch.allclose(LAYOUT.value(nearly, TRACK, "eq.bell_2.gain_db"), torch.tensor(0.8 * 18 / 4))
