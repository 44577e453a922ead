"""From wishes for settings to what every knob must be, contradictions settled."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from gen_mix.console.layout import BUS_TOKENS, LAYOUT, TRACK
from gen_mix.console.spec import ParameterSpec
from gen_mix.errors import InputError
from gen_mix.mix import MixParameters
from gen_mix.steering.cast import Cast
from gen_mix.wishes import SettingWish

Knob = tuple[int, int]
"""Token and place on the last axis of `MixParameters`."""

Rank = tuple[int, int, int, int, int]
"""How narrow a wish is: track, role or group; of how few; of a knob, a processor or all; a value; said how late."""

_NARROWNESS = 3
_SINGLE = 9


@dataclass(frozen=True)
class Order:
    """What one knob must be, because of one wish.

    Attributes:
        low, high: Ends between 0 and 1 as places of the knob; the same for a value.
        rank: Of orders for one knob the highest wins: how narrow the wish is, then when it was said.
        wish: Place of the wish, or -1 for a switch that another order needs.
    """

    low: float
    high: float
    rank: Rank
    wish: int

    @property
    def is_value(self) -> bool:
        """True if nothing is left to choose."""
        return self.low == self.high


@dataclass(frozen=True)
class Orders:
    """What all wishes for settings come to.

    Attributes:
        knobs: Order of each knob that has one.
        moves: Steps by which knobs without a value are moved after sampling, in their unit.
        meant: Which knobs each wish is about.
        left_out: Wishes, by their place, and knobs at which they give way to others.
        notes: What gives way to what, and what was assumed, in words.
    """

    knobs: dict[Knob, Order] = field(default_factory=dict)
    moves: dict[Knob, float] = field(default_factory=dict)
    meant: tuple[tuple[Knob, ...], ...] = ()
    left_out: frozenset[tuple[int, Knob]] = frozenset()
    notes: tuple[str, ...] = ()


def orders_of(wishes: Sequence[SettingWish], cast: Cast, kept: MixParameters | None) -> Orders:
    """Return what the wishes come to.

    The narrower wish wins (a track over a role over a group; a knob over a processor over a track); of equals, a value
    over a range, then the later. Two ranges that overlap are both kept to. A move is added to a value that is asked
    for less narrowly, and is left out where one is asked for as narrowly. What is asked of a processor switches it on.

    Args:
        wishes: As they were said.
        cast: Who plays.
        kept: What ``keep`` takes values from (batch 1), or None if nothing asks for it.

    Raises:
        InputError: A wish names nobody, a knob its target does not have, or a value out of range.
    """
    book = _Book(wishes, cast)
    meant = tuple(book.meant(number) for number in range(len(wishes)))
    asked = sorted(
        (_rank(cast, wish, number), number)
        for number, wish in enumerate(wishes)
        if wish.kind in ("keep", "value", "range")
    )
    for rank, number in asked:
        for knob in meant[number]:
            book.enter(knob, _order(wishes[number], knob, kept, rank, number))
    book.switch()
    moves: dict[Knob, float] = {}
    for number, wish in enumerate(wishes):
        if wish.kind == "move":
            for knob in meant[number]:
                book.move(knob, number, _rank(cast, wish, number), moves)
    return Orders(book.orders, moves, meant, frozenset(book.left_out), tuple(dict.fromkeys(book.notes)))


def knob_name(cast: Cast, knob: Knob) -> str:
    """Return what a person calls a knob: ``Kick.fader_db``."""
    token = knob[0]
    owner = BUS_TOKENS[token] if token < len(BUS_TOKENS) else cast.players[token - len(BUS_TOKENS)].name
    return f"{owner}.{spec_of(knob).name}"


def spec_of(knob: Knob) -> ParameterSpec:
    """Return what a knob is."""
    return LAYOUT.specs(LAYOUT.kind(knob[0]))[knob[1]]


def place_of(spec: ParameterSpec, value: float) -> float:
    """Return the place of a value as a mix's file gives it back, to the last bit."""
    return spec.normalized(torch.tensor(value, dtype=torch.float64)).float().item()


def switches_of(knob: Knob) -> tuple[Knob, ...]:
    """Return the switch without which a knob means nothing; nothing for a knob that always counts."""
    token, place = knob
    specs = LAYOUT.specs(LAYOUT.kind(token))
    name = specs[place].name
    return tuple(
        (token, other)
        for other, spec in enumerate(specs)
        if spec.is_gate and other != place and name.startswith(spec.name.removesuffix("on"))
    )


def _rank(cast: Cast, wish: SettingWish, number: int) -> Rank:
    meant = cast.meant(wish.target, wish.text)
    is_knob = wish.knobs in [spec.name for spec in LAYOUT.specs(LAYOUT.kind(meant.tokens[0]))]
    depth = _SINGLE if is_knob else wish.knobs.count(".") + bool(wish.knobs)
    return meant.breadth, -len(meant.tokens), depth, int(wish.kind != "range"), number


def _order(wish: SettingWish, knob: Knob, kept: MixParameters | None, rank: Rank, number: int) -> Order:
    if wish.kind == "keep":
        if kept is None:
            raise ValueError(f"expected a mix to keep {wish.text} from")
        place = kept.normalized[0, knob[0], knob[1]].item()
        return Order(place, place, rank, number)
    spec = spec_of(knob)
    return Order(place_of(spec, wish.low), place_of(spec, wish.high), rank, number)


@dataclass
class _Book:
    """Orders while they are being settled."""

    wishes: Sequence[SettingWish]
    cast: Cast
    orders: dict[Knob, Order] = field(default_factory=dict)
    left_out: set[tuple[int, Knob]] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def meant(self, number: int) -> tuple[Knob, ...]:
        """Return which knobs a wish is about."""
        wish = self.wishes[number]
        meant = self.cast.meant(wish.target, wish.text)
        if meant.note:
            self.notes.append(meant.note)
        knobs = [knob for token in meant.tokens for knob in self._knobs(wish, token)]
        for knob in knobs:
            _check_value(wish, spec_of(knob), knob_name(self.cast, knob))
        if not knobs:
            raise InputError(f"{wish.text}: expected a knob that {wish.target} has, got {wish.knobs}")
        return tuple(knobs)

    def _knobs(self, wish: SettingWish, token: int) -> list[Knob]:
        kind = LAYOUT.kind(token)
        is_mono = kind == TRACK and not self.cast.players[token - len(BUS_TOKENS)].is_stereo
        return [
            (token, place)
            for place, spec in enumerate(LAYOUT.specs(kind))
            if (not wish.knobs or spec.name == wish.knobs or spec.name.startswith(f"{wish.knobs}."))
            and not (is_mono and spec.name == "width")
            and (wish.kind != "value" or spec.is_gate or spec.name == wish.knobs)
        ]

    def enter(self, knob: Knob, order: Order) -> None:
        """Put down an order that outranks those before it, and note what gives way."""
        before = self.orders.get(knob)
        if before is None:
            self.orders[knob] = order
            return
        low, high = max(order.low, before.low), min(order.high, before.high)
        if low <= high:
            self.orders[knob] = Order(low, high, order.rank, order.wish)
            return
        self._note(before.wish, order.wish, knob)
        self.orders[knob] = order

    def switch(self) -> None:
        """Settle what is asked of a processor with its switch."""
        for knob, order in sorted(self.orders.items(), key=lambda item: item[1].rank):
            for switch in switches_of(knob):
                said = self.orders.get(switch)
                if said is None or (said.high < 0.5 and said.rank[:_NARROWNESS] < order.rank[:_NARROWNESS]):
                    self.orders[switch] = Order(1.0, 1.0, order.rank, -1)
                elif said.high < 0.5:
                    del self.orders[knob]
                    if said.wish != order.wish:
                        self._note(order.wish, said.wish, knob)

    def move(self, knob: Knob, number: int, rank: Rank, moves: dict[Knob, float]) -> None:
        """Add a move to a value, or to what will be sampled."""
        wish, order = self.wishes[number], self.orders.get(knob)
        if order is None or not order.is_value:
            moves[knob] = moves.get(knob, 0.0) + wish.low
            return
        if order.rank[:_NARROWNESS] >= rank[:_NARROWNESS]:
            self._note(number, order.wish, knob)
            return
        spec = spec_of(knob)
        value = float(spec.value(torch.tensor(order.low, dtype=torch.float64))) + wish.low
        place = place_of(spec, value)
        self.orders[knob] = Order(place, place, order.rank, order.wish)
        if not spec.low <= value <= spec.high:
            self.notes.append(f"{wish.text}: {knob_name(self.cast, knob)} stops at the end of its range")

    def _note(self, loser: int, winner: int, knob: Knob) -> None:
        self.left_out.add((loser, knob))
        texts = [self.wishes[number].text if number >= 0 else "a switch" for number in (loser, winner)]
        self.notes.append(f"{texts[0]}: gives way to {texts[1]} at {knob_name(self.cast, knob)}")


def _check_value(wish: SettingWish, spec: ParameterSpec, name: str) -> None:
    if wish.kind in ("value", "range") and not (spec.low <= wish.low and wish.high <= spec.high):
        got = f"{wish.low:g}" if wish.low == wish.high else f"{wish.low:g} to {wish.high:g}"
        raise InputError(f"{wish.text}: expected {spec.low:g} to {spec.high:g} for {name}, got {got}")
