"""Who hears what in which order: balanced orders, hidden repeats, names that tell nothing."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Stimulus:
    """One thing to be judged.

    Attributes:
        token: What it is called in the test.
        song: What it is a mix of.
        system: Who or what made it.
        is_repeat: True for the second time that a system stands on the page of a song.
    """

    token: str
    song: str
    system: str
    is_repeat: bool = False


def williams_orders(items: int) -> list[tuple[int, ...]]:
    """Return orders of `items` things in which each comes equally often at each place and behind each other thing.

    `items` rows for an even number, twice as many for an odd one: E. J. Williams, "Experimental Designs Balanced for
    the Estimation of Residual Effects of Treatments", Australian Journal of Scientific Research A 2 (1949).

    Raises:
        ValueError: There is nothing to order.
    """
    if items < 1:
        raise ValueError(f"expected at least one item, got {items}")
    first = [(place + 1) // 2 if place % 2 else (items - place // 2) % items for place in range(items)]
    rows = [tuple((item + shift) % items for item in first) for shift in range(items)]
    return rows if items % 2 == 0 else rows + [tuple(reversed(row)) for row in rows]


def stimuli_of(songs: Sequence[str], systems: Sequence[str], repeats: int, seed: int) -> list[Stimulus]:
    """Return what is judged: every system on every song, and `repeats` hidden repeats a song, of systems in turn."""
    stimuli = []
    for place, song in enumerate(songs):
        again = [systems[(place * repeats + number) % len(systems)] for number in range(repeats)]
        for number, system in enumerate((*systems, *again)):
            is_repeat = number >= len(systems)
            stimuli.append(Stimulus(_token(seed, song, system, is_repeat), song, system, is_repeat))
    if len({stimulus.token for stimulus in stimuli}) != len(stimuli):
        return stimuli_of(songs, systems, repeats, seed + 1)
    return stimuli


def _token(seed: int, song: str, system: str, is_repeat: bool) -> str:
    # A letter first: 88068e12 is a number to YAML, and no identifier to XML.
    return "m" + hashlib.sha256(f"{seed}\n{song}\n{system}\n{is_repeat}".encode()).hexdigest()[:7]


@dataclass(frozen=True)
class Page:
    """One page of the test: a song, and its stimuli by their tokens in the order of their numbers."""

    song: str
    tokens: tuple[str, ...]


def plan(stimuli: Sequence[Stimulus], listeners: int) -> list[tuple[Page, ...]]:
    """Return the pages of each listener: songs and stimuli both in balanced orders.

    The order of the stimuli moves on with the song too, so that no listener has the same order on all pages.
    """
    songs = list(dict.fromkeys(stimulus.song for stimulus in stimuli))
    song_orders = williams_orders(len(songs))
    pages = []
    for listener in range(listeners):
        turn: list[Page] = []
        for place in song_orders[listener % len(song_orders)]:
            here = sorted(stimulus.token for stimulus in stimuli if stimulus.song == songs[place])
            orders = williams_orders(len(here))
            order = orders[(listener + place) % len(orders)]
            turn.append(Page(songs[place], tuple(here[item] for item in order)))
        pages.append(tuple(turn))
    return pages
