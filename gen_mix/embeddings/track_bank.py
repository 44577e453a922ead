"""Tracks with features, kept on disk: what training draws its sessions from."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from gen_mix.embeddings.features import FEATURES
from gen_mix.errors import InputError
from gen_mix.files import write_whole
from gen_mix.measurements import MEASUREMENTS


@dataclass(frozen=True)
class TrackBank:
    """Tracks of many sessions, each in the same number of copies: as recorded, and changed as recordings differ.

    A row is one copy of one track; the copies of a track are neighbours, so row = track x copies + copy.

    Attributes:
        features: (rows, FEATURES).
        measurements: (rows, len(MEASUREMENTS)).
        instrument: Class number (rows,), int64.
        is_stereo: Boolean (rows,); copies may differ.
        is_lead: Boolean (rows,), as labelled.
        double_of: Row of the same copy of the track that plays the same part (rows,), int64, -1 if none; mutual.
        session: Number of the session (rows,), int64; from 0, rising.
        copy: (rows,), int64; 0 is the track as recorded.

    Raises:
        ValueError: The shapes do not fit, or the rows are not in this order.
    """

    features: Tensor
    measurements: Tensor
    instrument: Tensor
    is_stereo: Tensor
    is_lead: Tensor
    double_of: Tensor
    session: Tensor
    copy: Tensor

    def __post_init__(self) -> None:
        rows = len(self.features)
        if self.features.shape != (rows, FEATURES) or self.measurements.shape != (rows, len(MEASUREMENTS)):
            raise ValueError(
                f"expected features (rows, {FEATURES}) and measurements (rows, {len(MEASUREMENTS)}), got "
                f"{tuple(self.features.shape)} and {tuple(self.measurements.shape)}"
            )
        if any(getattr(self, field.name).shape[0] != rows for field in fields(self)):
            raise ValueError(f"expected {rows} rows in every field")
        if rows % self.copies or not torch.equal(self.copy, torch.arange(rows) % self.copies):
            raise ValueError("expected the copies of each track side by side, as many for each")

    def __len__(self) -> int:
        return len(self.features)

    @property
    def copies(self) -> int:
        """Number of copies of each track."""
        return int(self.copy.max()) + 1 if len(self.copy) else 1

    @property
    def tracks(self) -> int:
        """Number of tracks, copies not counted."""
        return len(self) // self.copies

    @property
    def sessions(self) -> int:
        """Number of sessions."""
        return int(self.session.max()) + 1 if len(self.session) else 0

    @cached_property
    def track_double(self) -> Tensor:
        """Track that plays the same part as each track (tracks,), -1 if none."""
        doubles = self.double_of[:: self.copies]
        return torch.where(doubles < 0, -1, doubles // self.copies)

    @cached_property
    def units(self) -> tuple[tuple[tuple[int, ...], ...], ...]:
        """For each session its units: tracks that stay together, a pair of doubles or a single track."""
        units: list[list[tuple[int, ...]]] = [[] for _ in range(self.sessions)]
        doubles = self.track_double.tolist()
        for track, session in enumerate(self.session[:: self.copies].tolist()):
            if doubles[track] < 0:
                units[session].append((track,))
            elif track < doubles[track]:
                units[session].append((track, doubles[track]))
        return tuple(tuple(session) for session in units)

    @cached_property
    def alike(self) -> dict[tuple[int, int], tuple[tuple[int, ...], ...]]:
        """Units of one instrument and size, by both."""
        instruments = self.instrument[:: self.copies].tolist()
        groups: dict[tuple[int, int], list[tuple[int, ...]]] = {}
        for session in self.units:
            for unit in session:
                groups.setdefault((instruments[unit[0]], len(unit)), []).append(unit)
        return {key: tuple(units) for key, units in groups.items()}

    def sessions_between(self, start: int, end: int) -> "TrackBank":
        """Return the bank of the sessions from `start` to before `end`, numbered from 0."""
        rows = ((self.session >= start) & (self.session < end)).nonzero()[:, 0]
        chosen = {field.name: getattr(self, field.name)[rows] for field in fields(self)}
        first = int(rows[0]) if len(rows) else 0
        chosen["double_of"] = torch.where(chosen["double_of"] < 0, -1, chosen["double_of"] - first)
        chosen["session"] = chosen["session"] - start
        return TrackBank(**chosen)

    def as_recorded(self) -> "TrackBank":
        """Return the bank of the first copies alone."""
        chosen = {field.name: getattr(self, field.name)[:: self.copies] for field in fields(self)}
        chosen["double_of"] = self.track_double
        return TrackBank(**chosen)

    def save(self, path: Path) -> None:
        """Write the bank to a file, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, save({field.name: getattr(self, field.name).contiguous() for field in fields(self)}))

    @classmethod
    def load(cls, path: Path) -> "TrackBank":
        """Return the bank in a file, or in a folder of them as `gen_mix.training.prepare` fills it.

        Raises:
            InputError: It is missing, broken, or was made for other features.
        """
        if path.is_dir():
            parts = [cls.load(part) for part in sorted(path.glob("*.safetensors"))]
            if not parts or len({part.copies for part in parts}) > 1:
                raise InputError(
                    f"{path}: expected files of a bank with equal numbers of copies, got {len(parts)} files"
                )
            return join_banks(parts)
        try:
            return cls(**load_file(path))
        except (OSError, SafetensorError, TypeError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise InputError(f"{path}: expected a bank of tracks of this version, got {reason}") from error


def join_banks(banks: Sequence[TrackBank]) -> TrackBank:
    """Return the bank of all sessions of some banks with as many copies, in their order.

    Raises:
        ValueError: There are none.
    """
    if not banks:
        raise ValueError("expected at least one bank, got none")
    joined = {field.name: torch.cat([getattr(bank, field.name) for bank in banks]) for field in fields(TrackBank)}
    sizes = torch.tensor([len(bank) for bank in banks])
    rows = (sizes.cumsum(0) - sizes).repeat_interleave(sizes)
    counts = torch.tensor([bank.sessions for bank in banks])
    joined["double_of"] = torch.where(joined["double_of"] < 0, -1, joined["double_of"] + rows)
    joined["session"] = joined["session"] + (counts.cumsum(0) - counts).repeat_interleave(sizes)
    return TrackBank(**joined)
