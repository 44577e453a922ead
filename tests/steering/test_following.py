"""Facts about words that are followed: against the same seeds without them."""

import torch

from gen_mix.console.layout import LAYOUT, TRACK
from gen_mix.mix import MixParameters
from gen_mix.steering.expressions import parse_setting
from gen_mix.steering.sounds import Pull
from gen_mix.steering.steering import Steering
from gen_mix.wishes import Prompt, SoundWish, Wishes
from tests.test_pipeline import pipeline, session

SEEDS = range(4)


def wish(attribute: str, strength: float, group: str = "all") -> Wishes:
    """Return one wish for sound."""
    return Wishes(prompt=Prompt(attribute, (SoundWish(attribute, attribute, group, strength),)))


def sampled(wishes: Wishes) -> tuple[Steering, Pull, MixParameters, torch.Tensor]:
    """Return wishes as they are followed, canonical mixes with them, and their intent."""
    pipe, song = pipeline(), session()
    condition = pipe.embed(song)
    steering = pipe.steer(song, condition, wishes)
    assert steering.route.pull is not None
    decoded = pipe.sample(condition, SEEDS, steering=steering)
    return steering, steering.route.pull, decoded.parameters, decoded.intent


def plain() -> tuple[MixParameters, torch.Tensor]:
    """Return canonical mixes of the same seeds without words, and their intent."""
    pipe, song = pipeline(), session()
    decoded = pipe.sample(pipe.embed(song), SEEDS)
    return LAYOUT.canonical(decoded.parameters), decoded.intent


def test_a_wish_moves_every_mix_as_far_as_it_says_and_leaves_the_rest_and_the_intent() -> None:
    before, intent = plain()
    for strength in (-1.0, 0.5, 1.0):
        steering, pull, after, same = sampled(wish("level", strength, "drums"))
        row = steering.asked[0].row
        assert row is not None
        moved = pull.measure(pull._encoded(after)) - pull.measure(pull._encoded(before))
        torch.testing.assert_close(moved[:, row], torch.full((len(moved),), strength), atol=0.1, rtol=0)
        others = [place for place in range(len(pull.rows)) if place != row and pull.rows[place].attribute != "level"]
        assert float(moved[:, others].abs().mean()) < 0.1 * abs(strength)
        torch.testing.assert_close(same, intent, atol=0, rtol=0)


def test_an_echo_that_nothing_is_sent_to_is_switched_on() -> None:
    on = LAYOUT.index(TRACK, "delay_send.on")
    before = plain()[0].normalized[:, 3:, on]
    steering, pull, after, _ = sampled(wish("echo", 1.0))
    row = steering.asked[0].row
    assert row is not None
    gained = pull.values(after)[:, row] - pull.values(plain()[0])[:, row]
    assert bool((gained > 3).all())
    assert bool((after.normalized[:, 3:, on] >= before).all())


def test_what_is_locked_stays_and_the_wish_is_met_by_the_rest() -> None:
    locked = Wishes((parse_setting("all.fader_db=-3"),), prompt=wish("width", 1.0).prompt)
    steering, pull, after, _ = sampled(locked)
    places = after.normalized[:, 3:, LAYOUT.index(TRACK, "fader_db")]
    assert bool((places == places[0, 0]).all())
    row = steering.asked[0].row
    assert row is not None
    assert bool((pull.values(after)[:, row] > pull.values(plain()[0])[:, row]).float().mean() >= 0.5)
