"""Between the knobs of a mix and what is diffused."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from gen_mix.console.layout import BUS_TOKENS, LAYOUT, TRACK
from gen_mix.console.spec import ParameterSpec
from gen_mix.errors import InputError
from gen_mix.mix import MixParameters
from gen_mix.model.latent import MixLatent
from gen_mix.sessions.engineers import INTENT, EngineerDraw

KINDS = ("intent", *BUS_TOKENS, TRACK)
"""Kinds of the tokens of x: the intent, master and buses, then a track in every further place."""

_GRID = torch.linspace(-3.2, 3.2, 65, dtype=torch.float64)
"""Standard normal values between which a knob's own scale is straight."""

_STEP = float(_GRID[1] - _GRID[0])
_LEAST_STEP = 1e-5  # of a knob between two values of the grid: a value that every engineer takes still has a way back
_LEAST_STEP_OUT = 0.02  # beyond the grid, where few or no engineers are: far there must not mean infinitely far


def space_width(intents: int) -> int:
    """Return the length of the last axis of x, for an intent of `intents` numbers."""
    return max(LAYOUT.width, intents)


def space_mask(is_track: Tensor, is_stereo: Tensor, intents: int) -> Tensor:
    """Return which places of x are in use, boolean (batch, 1 + tokens, width).

    Args:
        is_track: Boolean (batch, tracks); false on padding.
        is_stereo: Boolean (batch, tracks).
        intents: How many numbers the intent has.
    """
    knobs = LAYOUT.mask(is_track, is_stereo)
    batch, tokens, width = knobs.shape
    mask = knobs.new_zeros((batch, 1 + tokens, space_width(intents)))
    mask[:, 0, :intents] = True
    mask[:, 1:, :width] = knobs
    return mask


@dataclass(frozen=True)
class Decoded:
    """What a point of the model's space means.

    Attributes:
        parameters: All knobs between 0 and 1, not canonical.
        intent: Session-wide choices (batch, intents), as an engineer's draw has them.
        latent: The point itself, where it is one of a codec's.
    """

    parameters: MixParameters
    intent: Tensor
    latent: MixLatent | None = None


class Space(Protocol):
    """What is diffused: x (batch, 1 + tokens, width) about standard normal, token 0 for the mix as a whole."""

    @property
    def intent(self) -> tuple[str, ...]:
        """Names of the session-wide choices."""

    @property
    def width(self) -> int:
        """Length of the last axis of x."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many places a token of each of `KINDS` has; empty where they are the intent and the console's knobs."""

    def mask(self, is_track: Tensor, is_stereo: Tensor) -> Tensor:
        """Return which places of x are in use, boolean (batch, 1 + tokens, width)."""

    def encode(self, parameters: MixParameters, intent: Tensor) -> Tensor:
        """Return x, given knobs and intent (batch, intents); unused places are 0."""

    def decode(self, x: Tensor, is_track: Tensor, is_stereo: Tensor) -> Decoded:
        """Return what x means for tracks (batch, tracks)."""

    def to_json(self) -> str:
        """Return the space as JSON, or what tells it from others."""


@dataclass(frozen=True)
class ModelSpace:
    """Knobs and intent as one tensor x (batch, 1 + tokens, width) with mean 0 and variance 1; token 0 is the intent.

    A knob goes through the quantiles of its places over engineers' mixes, per kind of token: where many engineers
    are, there is more room, and where none are, as much as before. So a narrow mode, such as a pan in the middle,
    becomes a wide one, which few steps of sampling can hit, and stays apart from its neighbours. A switch becomes -1
    (off) or 1 (on) and is decided at 0, and so are numbers of the intent that are only ever -1 or 1.

    Attributes:
        intent: Names of the session-wide choices.
        knots: Value of each place where x is a value of the grid, rising (kinds, width, grid), float64.
    """

    intent: tuple[str, ...]
    knots: Tensor

    @classmethod
    def fit(cls, draws: Sequence[EngineerDraw], intent: tuple[str, ...] = INTENT) -> "ModelSpace":
        """Return the space in which every place of the mixes of `draws`, taken together, has mean 0 and variance 1."""
        knots = _GRID.repeat(len(KINDS), space_width(len(intent)), 1)
        choices = torch.cat([draw.intent for draw in draws]).double()
        for place, values in enumerate(choices.T):
            knots[0, place] = _GRID if bool((values.abs() == 1).all()) else _scale(values)
        for kind, name in enumerate(KINDS[1:], start=1):
            for place, spec in enumerate(LAYOUT.specs(name)):
                values = torch.cat([_used(draw.parameters, name, place) for draw in draws]).double()
                if not len(values):  # no engineer had it: it stays where the neutral console has it
                    values = spec.normalized(torch.tensor([spec.default], dtype=torch.float64))
                knots[kind, place] = 0.5 + 0.5 * _GRID if spec.is_gate else _scale(values)
        return cls(intent, knots)

    @property
    def width(self) -> int:
        """Length of the last axis of x."""
        return space_width(len(self.intent))

    @property
    def sizes(self) -> tuple[int, ...]:
        """Empty: the places are the intent and the console's knobs."""
        return ()

    def mask(self, is_track: Tensor, is_stereo: Tensor) -> Tensor:
        """Return which places of x are in use; see `space_mask`."""
        return space_mask(is_track, is_stereo, len(self.intent))

    def encode(self, parameters: MixParameters, intent: Tensor) -> Tensor:
        """Return x (batch, 1 + tokens, width); unused places are 0.

        Args:
            parameters: Knobs of some mixes.
            intent: (batch, intents).
        """
        batch, tokens, knobs = parameters.normalized.shape
        values = parameters.normalized.new_zeros((batch, 1 + tokens, self.width))
        values[:, 0, : len(self.intent)] = intent
        values[:, 1:, :knobs] = parameters.normalized
        is_used = torch.zeros_like(values, dtype=torch.bool)
        is_used[:, 0, : len(self.intent)] = True
        is_used[:, 1:, :knobs] = parameters.mask
        return self.scaled(values).masked_fill(~is_used, 0)

    def decode(self, x: Tensor, is_track: Tensor, is_stereo: Tensor) -> Decoded:
        """Return what x (batch, 1 + tokens, width) means for tracks as in `mask`; knobs stop at their ends."""
        values = self.values(x)
        mask = LAYOUT.mask(is_track, is_stereo)
        normalized = values[:, 1:, : LAYOUT.width].clamp(0, 1).masked_fill(~mask, 0)
        return Decoded(MixParameters(normalized, mask), values[:, 0, : len(self.intent)])

    def values(self, x: Tensor) -> Tensor:
        """Return the places of knobs and the numbers of the intent that x means, of its shape and not clipped."""
        knots = _reaching(self.knots).to(x.device)[_kinds(x)].expand(len(x), -1, -1, -1)
        place = (x.double() - _GRID[0]) / _STEP + 1
        before = place.detach().floor().clamp(0, len(_GRID))
        low, high = (knots.gather(-1, (before.long() + step)[..., None])[..., 0] for step in (0, 1))
        return (low + (place - before) * (high - low)).to(x.dtype)

    def to_json(self) -> str:
        """Return the space as JSON: every place with its name, its range if it is a knob, and its knots."""
        rows = {
            kind: [
                {**place, "knots": [float(f"{value:.7g}") for value in knots]}
                for place, knots in zip(places, self.knots[row].tolist(), strict=False)
            ]
            for row, (kind, places) in enumerate(_places(self.intent).items())
        }
        return json.dumps({"format": 2, **rows})

    @classmethod
    def from_json(cls, text: str, source: str = "space.json") -> "ModelSpace":
        """Return the space that `to_json` wrote.

        Raises:
            InputError: It is no such JSON, or made for other knobs than this console's or for another intent.
        """
        try:
            stored = json.loads(text)
            numbers = {kind: _stored_knots([place["knots"] for place in stored[kind]]) for kind in KINDS}
            names = {kind: [_identity(place) for place in stored[kind]] for kind in KINDS}
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{source}: expected the space of a model, got {type(error).__name__}: {error}") from error
        for kind, places in _places(INTENT).items():
            _check_places(source, kind, names[kind], [_identity(place) for place in places])
        knots = _GRID.repeat(len(KINDS), space_width(len(INTENT)), 1)
        for row, kind in enumerate(KINDS):
            knots[row, : len(numbers[kind])] = numbers[kind]
        return cls(INTENT, knots)

    def scaled(self, values: Tensor) -> Tensor:
        """Return the x that `values` turns into these values (batch, 1 + tokens, width)."""
        knots = _reaching(self.knots).to(values.device)[_kinds(values)].flatten(0, 1)
        rows = values.double().flatten(1).T.contiguous()
        after = torch.searchsorted(knots, rows).clamp(1, len(_GRID) + 1)
        low, high = knots.gather(1, after - 1), knots.gather(1, after)
        x = _GRID[0] + _STEP * (after - 2 + (rows - low) / (high - low))
        return x.T.unflatten(1, values.shape[1:]).to(values.dtype)


def _reaching(knots: Tensor) -> Tensor:
    """Return `knots` (kinds, width, grid) with one more value at either end, through which the scale goes on straight.

    It goes on at least as quickly as the whole scale does on average.
    """
    whole = (knots[..., -1] - knots[..., 0]) / (len(_GRID) - 1)
    ends = knots.diff(dim=-1)[..., [0, -1]]
    out = torch.maximum(ends, whole[..., None]).clamp_min(_LEAST_STEP_OUT)
    return torch.cat([knots[..., :1] - out[..., :1], knots, knots[..., -1:] + out[..., 1:]], dim=-1)


def _kinds(x: Tensor) -> Tensor:
    """Return the place in `KINDS` of each token of x (1 + tokens,)."""
    return torch.arange(x.shape[1], device=x.device).clamp(max=len(KINDS) - 1)


def _used(parameters: MixParameters, kind: str, place: int) -> Tensor:
    """Return the values (n,) of a knob, wherever it is in use."""
    tokens = LAYOUT.tokens(kind)
    return parameters.normalized[:, tokens, place][parameters.mask[:, tokens, place]]


def _scale(values: Tensor) -> Tensor:
    """Return the values of a place at the grid (grid,), strictly rising, given what engineers have there (n,).

    From one quantile to the next it is as far as between those of a normal distribution, but never nearer than on a
    straight scale: room is only added. Then all is standardized, and beyond the grid it goes on straight.
    """
    shares = torch.special.ndtr(_GRID)
    knots = torch.from_numpy(np.quantile(values.numpy(), shares.numpy())).cummax(0).values
    spread = values.std(correction=0).clamp_min(_LEAST_STEP)
    places = torch.cat([torch.zeros(1), torch.maximum(knots.diff() / spread, torch.tensor(_STEP))]).cumsum(0)
    weights = torch.exp(-(_GRID**2) / 2)
    centred = places - (weights * places).sum() / weights.sum()
    standard = centred / ((weights * centred**2).sum() / weights.sum()).sqrt()
    return _line(_GRID, standard, knots) + _LEAST_STEP * (torch.arange(len(_GRID)) - len(_GRID) // 2)


def _line(x: Tensor, places: Tensor, values: Tensor) -> Tensor:
    """Return what the line through (places, values) is at x, its ends made longer."""
    after = torch.searchsorted(places, x).clamp(1, len(places) - 1)
    slope = (values[after] - values[after - 1]) / (places[after] - places[after - 1])
    return values[after - 1] + slope * (x - places[after - 1])


def _stored_knots(rows: Sequence[Sequence[float]]) -> Tensor:
    """Return stored knots (places, grid).

    Raises:
        ValueError: They are not as many as the grid has, or do not rise.
    """
    knots = torch.tensor(rows, dtype=torch.float64)
    if knots.shape != (len(rows), len(_GRID)) or not bool((knots.diff(dim=-1) > 0).all()):
        raise ValueError(f"expected {len(_GRID)} rising knots for each place")
    return knots


def _places(intent: tuple[str, ...]) -> dict[str, list[dict[str, object]]]:
    """Return what the places of each kind of token are, in order."""
    return {
        "intent": [{"name": name} for name in intent],
        **{kind: [_described(spec) for spec in LAYOUT.specs(kind)] for kind in KINDS[1:]},
    }


def _described(spec: ParameterSpec) -> dict[str, object]:
    return {"name": spec.name, "low": spec.low, "high": spec.high, "scale": spec.scale}


def _identity(place: dict[str, object]) -> str:
    """Return in words what must agree for a place to mean the same."""
    if "scale" not in place:
        return str(place["name"])
    return f"{place['name']} ({place['scale']} {place['low']} to {place['high']})"


def _check_places(source: str, kind: str, stored: list[str], expected: list[str]) -> None:
    if stored == expected:
        return
    for place, (there, here) in enumerate(zip(stored, expected, strict=False)):
        if there != here:
            raise InputError(f"{source}: the model does not fit, expected {kind} {place} to be {here}, got {there}")
    raise InputError(f"{source}: the model does not fit, expected {len(expected)} places of {kind}, got {len(stored)}")
