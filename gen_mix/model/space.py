"""Between the knobs of a mix and what is diffused."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_mix.console.layout import BUS_TOKENS, LAYOUT, TRACK
from gen_mix.console.spec import ParameterSpec
from gen_mix.errors import InputError
from gen_mix.mix import MixParameters
from gen_mix.sessions.engineers import INTENT, EngineerDraw

KINDS = ("intent", *BUS_TOKENS, TRACK)
"""Kinds of the tokens of x: the intent, master and buses, then a track in every further place."""

_SMALLEST_STD = 1e-3


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
    """

    parameters: MixParameters
    intent: Tensor


@dataclass(frozen=True)
class ModelSpace:
    """Knobs and intent as one tensor x (batch, 1 + tokens, width) with mean 0 and variance 1; token 0 is the intent.

    Every knob is centred and scaled by its mean and standard deviation over engineers' mixes, per kind of token. A
    switch becomes -1 (off) or 1 (on) and is decided at 0, and so are numbers of the intent that are only ever -1 or 1.

    Attributes:
        intent: Names of the session-wide choices.
        mean, std: Of each knob's place, per kind (kinds, width); 0 and 1 where there is none.
    """

    intent: tuple[str, ...]
    mean: Tensor
    std: Tensor

    @classmethod
    def fit(cls, draws: Sequence[EngineerDraw], intent: tuple[str, ...] = INTENT) -> "ModelSpace":
        """Return the space in which the mixes of `draws`, taken together, are standardized."""
        width = space_width(len(intent))
        mean, std = torch.zeros(len(KINDS), width), torch.ones(len(KINDS), width)
        choices = torch.cat([draw.intent for draw in draws]).double()
        is_choice = (choices.abs() == 1).all(0)
        mean[0, : len(intent)] = choices.mean(0).masked_fill(is_choice, 0)
        std[0, : len(intent)] = _spread(choices).masked_fill(is_choice, 1)
        for kind, name in enumerate(KINDS[1:], start=1):
            for place, spec in enumerate(LAYOUT.specs(name)):
                values = torch.cat([_used(draw.parameters, name, place) for draw in draws]).double()
                if not len(values):  # no engineer had it: it stays where the neutral console has it
                    values = spec.normalized(torch.tensor([spec.default], dtype=torch.float64))
                mean[kind, place] = 0.5 if spec.is_gate else values.mean()
                std[kind, place] = 0.5 if spec.is_gate else _spread(values)
        return cls(intent, mean, std)

    @property
    def width(self) -> int:
        """Length of the last axis of x."""
        return space_width(len(self.intent))

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
        return ((values - self._mean(values)) / self._std(values)).masked_fill(~is_used, 0)

    def decode(self, x: Tensor, is_track: Tensor, is_stereo: Tensor) -> Decoded:
        """Return what x (batch, 1 + tokens, width) means for tracks as in `mask`; knobs stop at their ends."""
        values = self.values(x)
        mask = LAYOUT.mask(is_track, is_stereo)
        normalized = values[:, 1:, : LAYOUT.width].clamp(0, 1).masked_fill(~mask, 0)
        return Decoded(MixParameters(normalized, mask), values[:, 0, : len(self.intent)])

    def values(self, x: Tensor) -> Tensor:
        """Return the places of knobs and the numbers of the intent that x means, of its shape and not clipped."""
        return x * self._std(x) + self._mean(x)

    def to_json(self) -> str:
        """Return the space as JSON: every place with its name, its range if it is a knob, its mean and deviation."""
        rows = {
            kind: [
                {**place, "mean": mean, "std": std}
                for place, mean, std in zip(places, self.mean[row].tolist(), self.std[row].tolist(), strict=False)
            ]
            for row, (kind, places) in enumerate(_places(self.intent).items())
        }
        return json.dumps({"format": 1, **rows}, indent=1)

    @classmethod
    def from_json(cls, text: str, source: str = "space.json") -> "ModelSpace":
        """Return the space that `to_json` wrote.

        Raises:
            InputError: It is no such JSON, or made for other knobs than this console's or for another intent.
        """
        try:
            stored = json.loads(text)
            numbers = {kind: [(float(place["mean"]), float(place["std"])) for place in stored[kind]] for kind in KINDS}
            names = {kind: [_identity(place) for place in stored[kind]] for kind in KINDS}
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{source}: expected the space of a model, got {type(error).__name__}: {error}") from error
        for kind, places in _places(INTENT).items():
            _check_places(source, kind, names[kind], [_identity(place) for place in places])
        mean, std = torch.zeros(len(KINDS), space_width(len(INTENT))), torch.ones(len(KINDS), space_width(len(INTENT)))
        for row, kind in enumerate(KINDS):
            mean[row, : len(numbers[kind])] = torch.tensor([pair[0] for pair in numbers[kind]])
            std[row, : len(numbers[kind])] = torch.tensor([pair[1] for pair in numbers[kind]])
        return cls(INTENT, mean, std)

    def _mean(self, x: Tensor) -> Tensor:
        return self.mean.to(x)[_kinds(x)]

    def _std(self, x: Tensor) -> Tensor:
        return self.std.to(x)[_kinds(x)]


def _kinds(x: Tensor) -> Tensor:
    """Return the place in `KINDS` of each token of x (1 + tokens,)."""
    return torch.arange(x.shape[1], device=x.device).clamp(max=len(KINDS) - 1)


def _used(parameters: MixParameters, kind: str, place: int) -> Tensor:
    """Return the values (n,) of a knob, wherever it is in use."""
    tokens = LAYOUT.tokens(kind)
    return parameters.normalized[:, tokens, place][parameters.mask[:, tokens, place]]


def _spread(values: Tensor) -> Tensor:
    """Return the standard deviation over the first axis; a knob nobody turns gets a small one, for it divides."""
    return values.std(0, correction=0).clamp(min=_SMALLEST_STD)


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
