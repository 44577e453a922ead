"""What was asked for: a value that holds it, before anybody looks at a model or a session's tracks."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Literal

from gen_mix.errors import InputError
from gen_mix.mix import MixParameters

Kind = Literal["keep", "value", "range", "move"]

MOST_AMOUNT = 2.0
MOST_WEIGHT = 3.0


@dataclass(frozen=True)
class SettingWish:
    """A wish for some knobs, such as ``Kick.fader_db=-3``.

    Attributes:
        text: As it was said.
        target: A track, a bus, a role or a group.
        knobs: A knob, the beginning of several (``eq``), or empty for all of the target's.
        kind: ``keep`` what the mix to start from has; a ``value``; a ``range``; or a ``move`` from what is sampled.
        low, high: The value (both the same), the ends of the range, or the move (both the same), in the knobs' unit;
            0 or 1 for a switch.
    """

    text: str
    target: str
    knobs: str
    kind: Kind
    low: float = 0.0
    high: float = 0.0


@dataclass(frozen=True)
class Amounts:
    """How much is done, aspect by aspect: 0 leaves it out, 1 is as sampled, up to 2 exaggerates.

    Attributes:
        level: Differences between faders.
        pan: Distance from the centre, and width.
        eq: Gains of the bands, and high-pass filters.
        dynamics: Compression.
        space: Sends to reverb and delay.

    Raises:
        InputError: An amount is out of range.
    """

    level: float = 1.0
    pan: float = 1.0
    eq: float = 1.0
    dynamics: float = 1.0
    space: float = 1.0

    def __post_init__(self) -> None:
        for name, amount in self.by_aspect.items():
            if not 0 <= amount <= MOST_AMOUNT:
                raise InputError(f"amount of {name}: expected 0 to {MOST_AMOUNT:g}, got {amount:g}")

    @property
    def by_aspect(self) -> dict[str, float]:
        """The amounts by name."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


@dataclass(frozen=True)
class SoundWish:
    """A wish for how something sounds.

    Attributes:
        text: As it was said.
        attribute: What it is about, a name of `gen_mix.steering.attributes.ATTRIBUTES`.
        target: Whose: a group, ``all`` for the mix.
        strength: How far it is to move, in spreads between mixes of a session; below 0 the other way.
        sure: How surely it was understood, 0 to 1.
    """

    text: str
    attribute: str
    target: str
    strength: float
    sure: float = 1.0


@dataclass(frozen=True)
class Prompt:
    """What was said in words, and what that was taken to mean.

    Attributes:
        text: As it was said.
        sounds: What it asks for.
        not_understood: Words that could not be made sense of.
        weight: What the strengths of `sounds` are multiplied by, 0 to 3.
        encoder: Of words that are not listed; empty for the packaged vectors.

    Raises:
        InputError: The weight is out of range.
    """

    text: str
    sounds: tuple[SoundWish, ...]
    not_understood: tuple[str, ...] = ()
    weight: float = 1.0
    encoder: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.weight <= MOST_WEIGHT:
            raise InputError(f"strength of the prompt: expected 0 to {MOST_WEIGHT:g}, got {self.weight:g}")

    @property
    def weighted(self) -> tuple[SoundWish, ...]:
        """What it asks for, strengths multiplied by its weight."""
        return tuple(replace(one, strength=one.strength * self.weight) for one in self.sounds)


@dataclass(frozen=True)
class Goal:
    """A wish for what a mix measures once it is rendered, such as ``lead.loudness=-6``.

    Attributes:
        text: As it was said.
        target: A track, a role or a group; empty for the whole mix.
        measure: A name of `gen_mix.steering.measures.GAUGES`.
        low, high: Between which values it is to be, both the same for one value; infinite where there is no end.
    """

    text: str
    target: str
    measure: str
    low: float
    high: float


@dataclass(frozen=True)
class Reference:
    """What is taken from a record that mixes are to sound like.

    Attributes:
        name: What a person calls it: its file.
        sound: What it measures, see `gen_mix.steering.production.PRODUCTION`.
        weight: How much it counts beside others, and all together beside the usual mix, 0 to 1.
        aspects: What is taken: names of `gen_mix.steering.production.ASPECTS`.
        seconds: Which section was measured, from and to.
        features: What the AF distance compares, see `gen_mix.steering.audio_features`.

    Raises:
        InputError: The weight is out of range.
    """

    name: str
    sound: tuple[float, ...]
    weight: float = 1.0
    aspects: tuple[str, ...] = ("tone", "width", "dynamics")
    seconds: tuple[float, float] = (0.0, 0.0)
    features: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.weight <= 1:
            raise InputError(f"weight of a reference: expected above 0 to 1, got {self.weight:g}")


@dataclass(frozen=True)
class Telling:
    """What a track is, said by a person: the model believes it and not its ears.

    Attributes:
        text: As it was said.
        track: By name or file.
        instrument: A word of `gen_mix.sessions.instruments.INSTRUMENTS`.
        leads: Whether it was said to lead.
    """

    text: str
    track: str
    instrument: str
    leads: bool = False


@dataclass(frozen=True, eq=False)
class Example:
    """A mix of the session that a wish points at.

    Attributes:
        name: What a person calls it: its file.
        parameters: Batch 1, canonical, tracks in the order of the session.
        intent: Session-wide choices by name; empty if unknown.
    """

    name: str
    parameters: MixParameters
    intent: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Wishes:
    """All that was asked for. By default nothing is.

    Attributes:
        settings: Locks, values, ranges and moves, in the order they were said.
        start: The mix to start from, or None.
        strength: How far to go from `start`: 0 returns it, 1 forgets it.
        amounts: How much is done.
        liked, disliked: Mixes to come nearer to, and to keep away from.
        prompt: Words, or None.
        references: Records to sound like.
        goals: What mixes are to measure.
        goal_strength: Which share of the way to the goals is gone, 0 to 1.
        told: What tracks are, where that was said.

    Raises:
        InputError: A strength is out of range, or something is to be kept and there is no start.
    """

    settings: tuple[SettingWish, ...] = ()
    start: Example | None = None
    strength: float = 0.5
    amounts: Amounts = Amounts()
    liked: tuple[Example, ...] = ()
    disliked: tuple[Example, ...] = ()
    prompt: Prompt | None = None
    references: tuple[Reference, ...] = ()
    goals: tuple[Goal, ...] = ()
    goal_strength: float = 1.0
    told: tuple[Telling, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 1:
            raise InputError(f"strength: expected 0 to 1, got {self.strength:g}")
        if not 0 <= self.goal_strength <= 1:
            raise InputError(f"strength of the goals: expected 0 to 1, got {self.goal_strength:g}")
        kept = [wish.text for wish in self.settings if wish.kind == "keep"]
        if kept and self.start is None:
            raise InputError(f"lock {kept[0]!r}: expected a mix to take it from (--start-from), got none")
