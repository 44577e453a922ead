"""Solo, mute and processors taken out are what they are called."""

import pytest
import torch

from gen_mix.console.fast import render_fast
from gen_mix.console.layout import LAYOUT
from gen_mix.console.switches import PROCESSORS, Switches, chosen_tracks
from tests.console.desk import RATE, random_console

SIDES = [False, True, False]


def heard(generator: torch.Generator, switches: Switches | None = None) -> torch.Tensor:
    generator.manual_seed(0)
    tracks = [0.1 * torch.randn(2 if stereo else 1, 3000, generator=generator) for stereo in SIDES]
    return render_fast(tracks, random_console(SIDES, 2, generator), RATE, switches)


def test_no_switch_changes_nothing(generator: torch.Generator) -> None:
    assert torch.equal(heard(generator), heard(generator, Switches()))


def test_a_solo_is_the_mix_of_that_track_alone(generator: torch.Generator) -> None:
    alone = heard(generator, Switches(solo=frozenset({1})))
    generator.manual_seed(0)
    tracks = [0.1 * torch.randn(2 if stereo else 1, 3000, generator=generator) for stereo in SIDES]
    parameters = chosen_tracks(random_console(SIDES, 2, generator), [1])
    assert torch.equal(alone, render_fast(tracks[1:2], parameters, RATE))


def test_muting_the_others_is_a_solo_and_mute_wins(generator: torch.Generator) -> None:
    solo = heard(generator, Switches(solo=frozenset({1})))
    assert torch.equal(solo, heard(generator, Switches(mute=frozenset({0, 2}))))
    assert torch.equal(solo, heard(generator, Switches(solo=frozenset({0, 1}), mute=frozenset({0}))))


def test_nothing_is_heard_if_all_are_muted(generator: torch.Generator) -> None:
    assert not heard(generator, Switches(mute=frozenset({0, 1, 2}))).any()


@pytest.mark.parametrize("processor", PROCESSORS)
def test_a_processor_is_taken_out(processor: str, generator: torch.Generator) -> None:
    """Each changes the sound, once, and leaves only its own switches off."""
    switches = Switches(without=frozenset({processor}))
    parameters = random_console(SIDES, 1, generator)
    parameters.normalized[:] = 1.0
    left = switches.applied(parameters)
    changed = (left.normalized != parameters.normalized)[0].any(0).nonzero().flatten().tolist()
    kind = "master" if processor == "master" else "track"
    assert changed
    assert all(LAYOUT.specs(kind)[place].is_gate for place in changed)
    assert torch.equal(switches.applied(left).normalized, left.normalized)
    assert not torch.equal(heard(generator), heard(generator, switches))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"solo": frozenset({3})}, "solo: expected places of tracks from 0 to 2, got 3"),
        ({"mute": frozenset({-1})}, "mute: expected places of tracks from 0"),
        ({"without": frozenset({"chorus"})}, "without: expected processors of high_pass, .*, got chorus"),
    ],
)
def test_unknown_tracks_and_processors_are_refused(
    wrong: dict[str, frozenset[int]], message: str, generator: torch.Generator
) -> None:
    with pytest.raises(ValueError, match=message):
        heard(generator, Switches(**wrong))
