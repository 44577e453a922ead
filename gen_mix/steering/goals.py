"""Goals that are heard: mixes are rendered while they are sampled, and led to what they are to measure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_mix.console.console import render_parts
from gen_mix.console.layout import BUS_TOKENS, DELAY, LAYOUT, REVERB
from gen_mix.errors import InputError
from gen_mix.measurements import block_power, blocks_of
from gen_mix.mix import MixParameters
from gen_mix.sessions.session import Session
from gen_mix.steering.cast import Cast
from gen_mix.steering.measures import GAUGES, NO_REFERENCE, Gauge, Sound
from gen_mix.wishes import Goal, Reference
from samplers import Denoise, Limits, limited, settled

Finished = Callable[[Tensor], MixParameters]
"""From clean x (batch, 1 + tokens, width) to what would be rendered, with gradients."""

_TIMES = ((DELAY, "time_ms"), (REVERB, "pre_delay_ms"))
"""Knobs that goals do not move: an echo that comes a little later adds to the wave, or takes away from it, and that is
the steepest slope there is; it leads nowhere."""

_EXCERPT_SECONDS, _WARM_UP_SECONDS = 4.0, 0.5
_OWN_WEIGHT = 4.0
"""How much more the tracks that are meant count than others where a section is looked for."""


@dataclass(frozen=True)
class Excerpt:
    """A few seconds of a session.

    Attributes:
        tracks: Staged tracks (1 or 2, samples), with a warm-up in front.
        warm_up: Samples that are rendered and not heard.
        sample_rate: In Hz.
        seconds: From and to in the session, without the warm-up.
    """

    tracks: tuple[Tensor, ...]
    warm_up: int
    sample_rate: int
    seconds: tuple[float, float]


@dataclass(frozen=True)
class Aim:
    """One goal in one session.

    Attributes:
        goal: As it was said.
        members: Places of the tracks that are meant; empty for the whole mix.
    """

    goal: Goal
    members: frozenset[int]

    @property
    def gauge(self) -> Gauge:
        """How it is measured."""
        return GAUGES[self.goal.measure]


@dataclass(frozen=True)
class Goals:
    """Goals for one session, ready to be followed.

    Attributes:
        aims: At least one.
        excerpt: On what they are measured.
        strength: Which share of the way is gone, 0 to 1.
        reference: Features of the reference, or none.
        notes: What was assumed, in words.
    """

    aims: tuple[Aim, ...]
    excerpt: Excerpt
    strength: float = 1.0
    reference: Tensor = NO_REFERENCE
    notes: tuple[str, ...] = ()

    def measure(self, mixes: MixParameters) -> Tensor:
        """Return what some canonical mixes measure (mixes, aims), float64, with gradients."""
        groups = _atoms(self.aims, len(self.excerpt.tracks))
        parts = render_parts(self.excerpt.tracks, mixes, self.excerpt.sample_rate, groups)
        own, mix = parts.groups[..., self.excerpt.warm_up :], parts.mix[..., self.excerpt.warm_up :]
        rows = []
        for aim in self.aims:
            is_own = torch.tensor([not aim.members.isdisjoint(group) for group in groups])
            rest = own[:, ~is_own].sum(1)
            meant = own[:, is_own].sum(1) if aim.members else mix
            rows.append(aim.gauge.read(Sound(meant, rest, self.excerpt.sample_rate, self.reference)).double())
        return torch.stack(rows, dim=-1)

    @property
    def limits(self) -> Limits:
        """The ends, one-sided ones a little further in, so that they are not only nearly kept to."""
        slack = torch.tensor([aim.gauge.slack for aim in self.aims], dtype=torch.float64)
        low, high = (
            torch.tensor([getattr(aim.goal, end) for aim in self.aims], dtype=torch.float64) for end in ("low", "high")
        )
        inside = torch.minimum(slack, (high - low) / 2)
        return Limits(low + inside, high - inside, slack, self.strength or 1.0)

    @torch.no_grad()
    def told(self, written: MixParameters) -> list[dict[str, object]]:
        """Return what was asked for and what a mix (batch 1, canonical) measures, for ``conditions``."""
        return [
            {
                "asked": aim.goal.text,
                "reached": round(value, 3),
                "unit": aim.gauge.unit,
                "met": aim.goal.low - aim.gauge.tolerance <= value <= aim.goal.high + aim.gauge.tolerance,
                "seconds": list(self.excerpt.seconds),
            }
            for aim, value in zip(self.aims, self.measure(written)[0].tolist(), strict=True)
        ]


@dataclass(frozen=True)
class Led:
    """How a walk is led to goals.

    Attributes:
        goals: Where to.
        finished: What becomes of clean x before it is measured.
        width: Length of the last axis of x.
    """

    goals: Goals
    finished: Finished
    width: int

    def guided(self, denoise: Denoise, free: Tensor | None) -> Denoise:
        """Return the denoiser of mixes that meet the goals, for one walk; at strength 0 `denoise` itself.

        Args:
            denoise: Of mixes as they are.
            free: Which entries of x may be moved, boolean; None for all.
        """
        if self.goals.strength == 0:
            return denoise
        return limited(denoise, self._measure, self.goals.limits, self._movable(free))

    def settled(self, x: Tensor, free: Tensor | None) -> Tensor:
        """Return the end of a walk, x, moved to what is still missing; where only a share is to be gone, x itself."""
        return settled(x, self._measure, self.goals.limits, self._movable(free)) if self.goals.strength == 1 else x

    def _movable(self, free: Tensor | None) -> Tensor:
        """Return which entries of x are moved (1, 1 + tokens, width)."""
        tokens = len(BUS_TOKENS) + len(self.goals.excerpt.tracks)
        movable = torch.ones(1, 1 + tokens, self.width, dtype=torch.bool)
        for bus, knob in _TIMES:
            movable[:, 1 + BUS_TOKENS.index(bus), LAYOUT.index(bus, knob)] = False
        return movable if free is None else movable & free

    def _measure(self, x: Tensor) -> Tensor:
        return self.goals.measure(self.finished(x))


def goals_of(
    goals: Sequence[Goal], strength: float, references: Sequence[Reference], session: Session, cast: Cast
) -> Goals | None:
    """Return the goals of a session, ready to be followed; None if there are none.

    Args:
        goals: As they were said.
        strength: Which share of the way is to be gone.
        references: The AF distance is to the first of them.
        session: Its tracks.
        cast: Who plays.

    Raises:
        InputError: A goal names nobody, or has no meaning for whom it names.
    """
    if not goals:
        return None
    meant = [_meant(goal, references, cast) for goal in goals]
    aims = tuple(aim for aim, _ in meant)
    notes = tuple(dict.fromkeys(note for _, note in meant if note))
    features = torch.tensor(references[0].features, dtype=torch.float64) if references else NO_REFERENCE
    return Goals(
        aims, excerpt_of(session, frozenset().union(*(aim.members for aim in aims))), strength, features, notes
    )


def unmet(told: Mapping[str, object]) -> list[str]:
    """Return in words which goals a mix misses, given its ``conditions``."""
    goals = told.get("goals", [])
    assert isinstance(goals, list)
    return [
        f"{one['asked']}: not reached, {one['reached']:g} {one['unit']}".rstrip() for one in goals if not one["met"]
    ]


def excerpt_of(session: Session, members: frozenset[int], seconds: float = _EXCERPT_SECONDS) -> Excerpt:
    """Return the `seconds` in which most is going on, most of all where `members` play."""
    tracks = [track.staged for track in session.tracks]
    rate = session.sample_rate
    power = torch.stack([block_power(blocks_of(track, rate)) for track in tracks]).double().clamp(max=1e-4)
    weight = torch.tensor([_OWN_WEIGHT if place in members else 1.0 for place in range(len(tracks))])
    count = min(round(seconds * 100), power.shape[1])
    first = int((weight[:, None] * power).sum(0).unfold(0, count, 1).sum(-1).argmax()) * (rate // 100)
    last = first + count * (rate // 100)
    begin = max(0, first - round(_WARM_UP_SECONDS * rate))
    section = (round(first / rate, 2), round(last / rate, 2))
    return Excerpt(tuple(track[:, begin:last] for track in tracks), first - begin, rate, section)


def _meant(goal: Goal, references: Sequence[Reference], cast: Cast) -> tuple[Aim, str]:
    """Return a goal with whom it means, and what was assumed, in words."""
    gauge, where = GAUGES[goal.measure], f"--goal {goal.text!r}"
    if gauge.name == "reference" and not references:
        raise InputError(f"{where}: expected a record it is about (--reference), got none")
    if not goal.target:
        if not gauge.of_all:
            raise InputError(f"{where}: expected TRACK.{gauge.name}, for it is {gauge.meaning}")
        return Aim(goal, frozenset()), ""
    if not gauge.of_tracks:
        raise InputError(f"{where}: expected {gauge.name} of the whole mix, got that of {goal.target}")
    meant = cast.meant(goal.target, where)
    members = frozenset(token - len(BUS_TOKENS) for token in meant.tokens)
    if min(members) < 0:
        raise InputError(f"{where}: expected a track, role or group, got a bus")
    if not gauge.of_all and len(members) == len(cast.players):
        raise InputError(f"{where}: expected some of the tracks, got all of them")
    return Aim(goal, members), meant.note


def _atoms(aims: Sequence[Aim], tracks: int) -> list[list[int]]:
    """Return the tracks, those together that belong to the same aims, so that every strip is rendered once."""
    atoms: dict[tuple[bool, ...], list[int]] = {}
    for place in range(tracks):
        atoms.setdefault(tuple(place in aim.members for aim in aims), []).append(place)
    return list(atoms.values())
