"""Which knobs the console has, token by token."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from gen_mix.console.spec import ParameterSpec, gate
from gen_mix.mix import MixParameters

EQ_BANDS = ("low_shelf", "bell_1", "bell_2", "bell_3", "bell_4", "high_shelf")
"""Bands of every parametric EQ. The four bells own neighbouring frequency ranges, as on a large-format
console; so they are always sorted by frequency and one curve has one set of knobs."""

_EQ_RANGES_HZ = {
    "low_shelf": (30.0, 400.0, 100.0),
    "bell_1": (30.0, 150.0, 70.0),
    "bell_2": (150.0, 600.0, 300.0),
    "bell_3": (600.0, 2400.0, 1200.0),
    "bell_4": (2400.0, 16000.0, 4000.0),
    "high_shelf": (1500.0, 16000.0, 8000.0),
}

MASTER, REVERB, DELAY, TRACK = "master", "reverb", "delay", "track"
BUS_TOKENS = (MASTER, REVERB, DELAY)
"""Kinds of the first tokens of every parameter tensor; the tracks follow."""


def _eq() -> tuple[ParameterSpec, ...]:
    specs: list[ParameterSpec] = []
    for band in EQ_BANDS:
        low, high, default = _EQ_RANGES_HZ[band]
        q = (0.3, 2.0, 0.7) if band.endswith("shelf") else (0.2, 10.0, 1.0)
        specs += [
            gate(f"eq.{band}.on"),
            ParameterSpec(f"eq.{band}.freq_hz", "Hz", low, high, default, "log"),
            ParameterSpec(f"eq.{band}.gain_db", "dB", -18.0, 18.0, 0.0),
            ParameterSpec(f"eq.{band}.q", "", *q, "log"),
        ]
    return tuple(specs)


def _compressor() -> tuple[ParameterSpec, ...]:
    return (
        gate("compressor.on"),
        ParameterSpec("compressor.threshold_db", "dB", -60.0, 0.0, -24.0),
        ParameterSpec("compressor.ratio", "", 1.0, 20.0, 2.0, "log"),
        ParameterSpec("compressor.attack_ms", "ms", 0.1, 200.0, 10.0, "log"),
        ParameterSpec("compressor.release_ms", "ms", 5.0, 2000.0, 150.0, "log"),
        ParameterSpec("compressor.knee_db", "dB", 0.0, 18.0, 6.0),
    )


@dataclass(frozen=True)
class ConsoleLayout:
    """The knobs of each kind of token, in the order of the last axis of `MixParameters`.

    Attributes:
        master, reverb, delay, track: Specs of the master, the reverb bus, the delay bus and a track strip.
    """

    master: tuple[ParameterSpec, ...]
    reverb: tuple[ParameterSpec, ...]
    delay: tuple[ParameterSpec, ...]
    track: tuple[ParameterSpec, ...]

    def specs(self, kind: str) -> tuple[ParameterSpec, ...]:
        """Return the specs of a token of `kind`: ``master``, ``reverb``, ``delay`` or ``track``."""
        by_kind = {MASTER: self.master, REVERB: self.reverb, DELAY: self.delay, TRACK: self.track}
        return by_kind[kind]

    def kind(self, token: int) -> str:
        """Return the kind of the token at place `token` of the parameter tensor."""
        return BUS_TOKENS[token] if token < len(BUS_TOKENS) else TRACK

    def tokens(self, kind: str) -> slice:
        """Return where on the token axis of the parameter tensor the tokens of `kind` are."""
        if kind == TRACK:
            return slice(len(BUS_TOKENS), None)
        return slice(BUS_TOKENS.index(kind), BUS_TOKENS.index(kind) + 1)

    @cached_property
    def width(self) -> int:
        """Length of the last axis of the parameter tensor: the most knobs a token has."""
        return max(len(self.specs(kind)) for kind in (*BUS_TOKENS, TRACK))

    @cached_property
    def _places(self) -> dict[tuple[str, str], int]:
        return {
            (kind, spec.name): place for kind in (*BUS_TOKENS, TRACK) for place, spec in enumerate(self.specs(kind))
        }

    def index(self, kind: str, name: str) -> int:
        """Return the place of knob `name` on the last axis of a token of `kind`.

        Raises:
            ValueError: There is no such knob.
        """
        if (kind, name) not in self._places:
            raise ValueError(f"expected a knob of the {kind}, got {name!r}")
        return self._places[kind, name]

    def spec(self, kind: str, name: str) -> ParameterSpec:
        """Return the spec of knob `name` of a token of `kind`."""
        return self.specs(kind)[self.index(kind, name)]

    def value(self, parameters: MixParameters, kind: str, name: str) -> Tensor:
        """Return a knob's values in its unit: (batch,) for master and buses, (batch, tracks) for tracks."""
        place = self.index(kind, name)
        if kind == TRACK:
            normalized = parameters.normalized[:, len(BUS_TOKENS) :, place]
        else:
            normalized = parameters.normalized[:, BUS_TOKENS.index(kind), place]
        return self.spec(kind, name).value(normalized)

    def mask(self, is_track: Tensor, is_stereo: Tensor) -> Tensor:
        """Return which places are in use (batch, tokens, width), given `is_track`, `is_stereo` (batch, tracks).

        Padding tracks use none; a mono track has no width.
        """
        batch, tracks = is_track.shape
        mask = is_track.new_zeros((batch, len(BUS_TOKENS) + tracks, self.width))
        for token, kind in enumerate(BUS_TOKENS):
            mask[:, token, : len(self.specs(kind))] = True
        mask[:, len(BUS_TOKENS) :, : len(self.track)] = is_track[..., None]
        mask[:, len(BUS_TOKENS) :, self.index(TRACK, "width")] = is_track & is_stereo
        return mask

    def neutral(self, is_track: Tensor, is_stereo: Tensor) -> MixParameters:
        """Return the console with every knob at its default, for tracks as in `mask`."""
        mask = self.mask(is_track, is_stereo)
        normalized = torch.zeros(mask.shape, device=mask.device)
        for kind, scale in self._scales.items():
            normalized[:, self.tokens(kind), : len(scale.default)] = scale.default.to(normalized)
        return MixParameters(normalized, mask)

    def canonical(self, parameters: MixParameters) -> MixParameters:
        """Return the one representative of all parameters that sound alike.

        Gates become 0 or 1, the knobs of a processor that is off go to their defaults, unused places to 0.
        """
        normalized = parameters.normalized.clamp(0, 1).clone()
        for kind, scale in self._scales.items():
            knobs = normalized[:, self.tokens(kind), : len(scale.default)]
            is_on = knobs[..., scale.switch] >= 0.5
            kept = torch.where(is_on, knobs, scale.default.to(knobs))
            normalized[:, self.tokens(kind), : len(scale.default)] = torch.where(
                scale.is_gate.to(knobs.device),
                is_on.to(knobs),
                torch.where(scale.is_switched.to(knobs.device), kept, knobs),
            )
        return MixParameters(normalized.masked_fill(~parameters.mask, 0), parameters.mask)

    def values(self, kind: str, places: Tensor) -> Tensor:
        """Return what all knobs of a token of `kind` mean in their units (*, knobs), at `places` (*, knobs)."""
        scale = self._scales[kind]
        low, high = scale.low.to(places), scale.high.to(places)
        log = low * torch.exp(places * (high / low).log())
        return torch.where(scale.is_log.to(places.device), log, low + places * (high - low))

    def places(self, kind: str, values: Tensor) -> Tensor:
        """Return the places of values (*, knobs) within the range of their knobs; the inverse of `values`."""
        scale = self._scales[kind]
        low, high = scale.low.to(values), scale.high.to(values)
        log = (values / low).log() / (high / low).log()
        return torch.where(scale.is_log.to(values.device), log, (values - low) / (high - low))

    @cached_property
    def _scales(self) -> dict[str, "_Scales"]:
        return {kind: _scales_of(self.specs(kind)) for kind in (*BUS_TOKENS, TRACK)}


@dataclass(frozen=True)
class _Scales:
    """All knobs of a kind of token side by side (knobs,): what `ParameterSpec` says of each.

    Attributes:
        low, high: Range.
        default: Its place, 0 to 1.
        is_log, is_gate: What kind of scale it is.
        is_switched: Whether it means nothing while a switch is off.
        switch: Place of that switch; of a knob without one, its own.
    """

    low: Tensor
    high: Tensor
    default: Tensor
    is_log: Tensor
    is_gate: Tensor
    is_switched: Tensor
    switch: Tensor


def _scales_of(specs: Sequence[ParameterSpec]) -> _Scales:
    switch = torch.arange(len(specs))
    for place, spec in enumerate(specs):
        if spec.is_gate:
            switch[[spec.name.removesuffix("on") == one.name[: len(spec.name) - 2] for one in specs]] = place
    return _Scales(
        low=torch.tensor([spec.low for spec in specs], dtype=torch.float64),
        high=torch.tensor([spec.high for spec in specs], dtype=torch.float64),
        default=torch.tensor([spec.normalized(torch.tensor(spec.default)).item() for spec in specs]),
        is_log=torch.tensor([spec.scale == "log" for spec in specs]),
        is_gate=torch.tensor([spec.is_gate for spec in specs]),
        is_switched=switch != torch.arange(len(specs)),
        switch=switch,
    )


LAYOUT = ConsoleLayout(
    master=(*_eq(), *_compressor()),
    reverb=(
        ParameterSpec("pre_delay_ms", "ms", 0.0, 150.0, 20.0),
        ParameterSpec("decay_s", "s", 0.2, 8.0, 1.5, "log"),
        ParameterSpec("damping_hz", "Hz", 1000.0, 16000.0, 6000.0, "log"),
        ParameterSpec("low_cut_hz", "Hz", 20.0, 800.0, 150.0, "log"),
        ParameterSpec("width", "", 0.0, 1.0, 1.0),
    ),
    delay=(
        ParameterSpec("time_ms", "ms", 20.0, 1500.0, 350.0, "log"),
        ParameterSpec("feedback", "", 0.0, 0.9, 0.3),
        ParameterSpec("high_cut_hz", "Hz", 800.0, 16000.0, 5000.0, "log"),
        ParameterSpec("ping_pong", "", 0.0, 1.0, 0.0),
    ),
    track=(
        gate("high_pass.on"),
        ParameterSpec("high_pass.freq_hz", "Hz", 20.0, 1000.0, 80.0, "log"),
        *_eq(),
        *_compressor(),
        ParameterSpec("fader_db", "dB", -60.0, 18.0, 0.0),
        ParameterSpec("pan", "", -1.0, 1.0, 0.0),
        ParameterSpec("width", "", 0.0, 2.0, 1.0),
        gate("reverb_send.on"),
        ParameterSpec("reverb_send.level_db", "dB", -60.0, 6.0, -20.0),
        gate("delay_send.on"),
        ParameterSpec("delay_send.level_db", "dB", -60.0, 6.0, -25.0),
    ),
)
"""The console of gen_mix."""
