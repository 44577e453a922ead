"""The values that flow through gen_mix."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace

import torch
from torch import Tensor
from torch.nn.functional import pad


@dataclass(frozen=True)
class MixParameters:
    """All knobs of some mixes, as places between 0 and 1.

    Attributes:
        normalized: (batch, tokens, width); tokens are master, reverb, delay, then one per track.
        mask: Boolean, same shape; true where a knob exists. Padding tracks have none.

    Raises:
        ValueError: The shapes differ or are not three axes.
    """

    normalized: Tensor
    mask: Tensor

    def __post_init__(self) -> None:
        if self.normalized.ndim != 3 or self.normalized.shape != self.mask.shape:
            raise ValueError(
                "expected normalized and mask (batch, tokens, width), got "
                f"{tuple(self.normalized.shape)} and {tuple(self.mask.shape)}"
            )

    def __len__(self) -> int:
        return self.normalized.shape[0]

    def __getitem__(self, row: int | slice) -> "MixParameters":
        """Return some mixes of the batch; the batch axis stays."""
        rows = slice(row, row + 1 or None) if isinstance(row, int) else row
        return MixParameters(self.normalized[rows], self.mask[rows])

    def to(self, device: torch.device | str) -> "MixParameters":
        """Return the same parameters on `device`."""
        return MixParameters(self.normalized.to(device), self.mask.to(device))

    def exact(self) -> "MixParameters":
        """Return the same parameters in float64, which filters are designed from, clipped to 0..1."""
        return MixParameters(self.normalized.double().clamp(0, 1), self.mask)


NOT_TOLD = -2
"""In a `MixCondition`: a label that the model is not told."""


@dataclass(frozen=True)
class MixCondition:
    """What mixes are made from.

    The last three are never read from audio: all `NOT_TOLD`, but for what a person says of a track
    (`gen_mix.wishes.Telling`), and all told in a diagnostic.

    Attributes:
        tracks: Embedding of each track (batch, tracks, embedding_width).
        is_track: Boolean (batch, tracks); false on padding.
        is_stereo: Boolean (batch, tracks).
        has_tracks: Boolean (batch,); false where the embeddings were dropped.
        label: True instrument class (batch, tracks).
        is_lead: 1 for the lead, 0 for others (batch, tracks).
        double_of: Place of the track that plays the same part, -1 if none (batch, tracks).
    """

    tracks: Tensor
    is_track: Tensor
    is_stereo: Tensor
    has_tracks: Tensor
    label: Tensor
    is_lead: Tensor
    double_of: Tensor

    @classmethod
    def heard(cls, tracks: Tensor, is_track: Tensor, is_stereo: Tensor) -> "MixCondition":
        """Return the condition of tracks that were heard and of which nothing is told; arguments as above."""
        untold = torch.full(is_track.shape, NOT_TOLD, device=is_track.device)
        return cls(tracks, is_track, is_stereo, is_track.new_ones(len(is_track)), untold, untold, untold)

    def map(self, change: Callable[[Tensor], Tensor]) -> "MixCondition":
        """Return the condition with `change` done to every tensor; it may see only the batch axis."""
        return MixCondition(*(change(getattr(self, field.name)) for field in fields(self)))

    def first(self, tracks: int) -> "MixCondition":
        """Return the condition of the first `tracks` tracks of each session."""
        return MixCondition(
            *(value[:, :tracks] if value.ndim > 1 else value for value in (getattr(self, f.name) for f in fields(self)))
        )

    def padded(self, tracks: int) -> "MixCondition":
        """Return the condition with `tracks` places of padding behind the tracks."""
        return MixCondition(
            tracks=pad(self.tracks, (0, 0, 0, tracks)),
            is_track=pad(self.is_track, (0, tracks)),
            is_stereo=pad(self.is_stereo, (0, tracks)),
            has_tracks=self.has_tracks,
            label=pad(self.label, (0, tracks), value=NOT_TOLD),
            is_lead=pad(self.is_lead, (0, tracks), value=NOT_TOLD),
            double_of=pad(self.double_of, (0, tracks), value=NOT_TOLD),
        )

    def to(self, device: torch.device | str) -> "MixCondition":
        """Return the same condition on `device`."""
        return self.map(lambda value: value.to(device))

    def expand(self, batch: int) -> "MixCondition":
        """Return the condition of one session, repeated for `batch` mixes.

        Raises:
            ValueError: The condition holds more than one session.
        """
        if self.tracks.shape[0] != 1:
            raise ValueError(f"expected the condition of one session, got {self.tracks.shape[0]}")
        return self.map(lambda value: value.expand(batch, *value.shape[1:]))

    def untold(self) -> "MixCondition":
        """Return the condition in which nothing is known of the tracks: not heard, not told."""
        untold = torch.full_like(self.label, NOT_TOLD)
        return replace(
            self, has_tracks=torch.zeros_like(self.has_tracks), label=untold, is_lead=untold, double_of=untold
        )


@dataclass(frozen=True)
class Mix:
    """A mix: what one hears, together with the parameters and the seed that made it.

    Attributes:
        audio: (2, samples), float32, finished: at its loudness target and below its true-peak ceiling.
        sample_rate: In Hz.
        parameters: Of this mix alone (batch 1), canonical; tracks in the order of the session.
        seed: The mix's own seed.
        conditions: What was asked for, as it goes into ``mix_XX.json``.
        intent: The generator's session-wide choices by name, for reading and exploring; empty if unknown.
        latent: What a codec says the mix with, as it goes into ``mix_XX.json``; empty without a codec.
    """

    audio: Tensor
    sample_rate: int
    parameters: MixParameters
    seed: int
    conditions: Mapping[str, object] = field(default_factory=dict)
    intent: Mapping[str, float] = field(default_factory=dict)
    latent: Mapping[str, object] = field(default_factory=dict)
