"""The values that flow through gen_mix."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor


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


@dataclass(frozen=True)
class MixCondition:
    """What mixes are made from.

    Attributes:
        tracks: Embedding of each track (batch, tracks, embedding_width).
        is_track: Boolean (batch, tracks); false on padding.
        is_stereo: Boolean (batch, tracks).
        has_tracks: Boolean (batch,); false where the embeddings were dropped.
        label: True instrument class (batch, tracks), -1 where not told. A diagnostic: never read from audio.
    """

    tracks: Tensor
    is_track: Tensor
    is_stereo: Tensor
    has_tracks: Tensor
    label: Tensor

    def to(self, device: torch.device | str) -> "MixCondition":
        """Return the same condition on `device`."""
        return MixCondition(
            self.tracks.to(device),
            self.is_track.to(device),
            self.is_stereo.to(device),
            self.has_tracks.to(device),
            self.label.to(device),
        )

    def expand(self, batch: int) -> "MixCondition":
        """Return the condition of one session, repeated for `batch` mixes.

        Raises:
            ValueError: The condition holds more than one session.
        """
        if self.tracks.shape[0] != 1:
            raise ValueError(f"expected the condition of one session, got {self.tracks.shape[0]}")
        return MixCondition(
            self.tracks.expand(batch, -1, -1),
            self.is_track.expand(batch, -1),
            self.is_stereo.expand(batch, -1),
            self.has_tracks.expand(batch),
            self.label.expand(batch, -1),
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
    """

    audio: Tensor
    sample_rate: int
    parameters: MixParameters
    seed: int
    conditions: Mapping[str, object] = field(default_factory=dict)
    intent: Mapping[str, float] = field(default_factory=dict)
