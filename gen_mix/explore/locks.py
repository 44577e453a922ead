"""What of a mix is to stay as it is, by names a person would use."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from gen_mix.console.layout import BUS_TOKENS, DELAY, LAYOUT, MASTER, REVERB, TRACK
from gen_mix.errors import InputError

GROUPS = {
    "level": ("fader_db",),
    "place": ("pan", "width"),
    "tone": ("high_pass.", "eq."),
    "dynamics": ("compressor.",),
    "space": ("reverb_send.", "delay_send."),
}
"""Groups of knobs of a track that are locked together, and how their names begin."""

_MASTER_GROUPS = ("tone", "dynamics")


def lock_names(tracks: int) -> list[str]:
    """Return the names of all that can be locked: ``track.0.level`` ..., ``reverb``, ``delay``, ``master.tone`` ..."""
    return [
        *(f"track.{place}.{group}" for place in range(tracks) for group in GROUPS),
        REVERB,
        DELAY,
        *(f"master.{group}" for group in _MASTER_GROUPS),
    ]


def locked_places(locks: Iterable[str], tracks: int) -> Tensor:
    """Return which knobs are locked, boolean (tokens, width).

    Args:
        locks: Names of `lock_names`.
        tracks: Of the session.

    Raises:
        InputError: A name is none of them.
    """
    known = set(lock_names(tracks))
    locked = torch.zeros(len(BUS_TOKENS) + tracks, LAYOUT.width, dtype=torch.bool)
    for name in locks:
        if name not in known:
            raise InputError(f"lock: expected a name such as track.0.level, got {name!r:.40}")
        token, kind, beginnings = _meaning(name)
        for place, spec in enumerate(LAYOUT.specs(kind)):
            locked[token, place] |= spec.name.startswith(beginnings)
    return locked


def _meaning(name: str) -> tuple[int, str, tuple[str, ...]]:
    """Return token, its kind, and how the names of its locked knobs begin."""
    kind, *rest = name.split(".")
    if kind == TRACK:
        return len(BUS_TOKENS) + int(rest[0]), TRACK, GROUPS[rest[1]]
    return BUS_TOKENS.index(kind), kind, GROUPS[rest[0]] if kind == MASTER else ("",)


def describe(locks: Sequence[str]) -> str:
    """Return how much is locked, in words."""
    return "nothing locked" if not locks else f"{len(locks)} locked"
