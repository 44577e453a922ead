"""What a session in memory and one that stays in its files have in common: all that rendering asks for."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from torch import Tensor


class SongTrack(Protocol):
    """One recording, mono or stereo."""

    @property
    def name(self) -> str:
        """What a person calls it."""

    @property
    def file(self) -> str:
        """File name inside the session, with its folder if it has one."""

    @property
    def is_stereo(self) -> bool:
        """True if it has two channels."""

    @property
    def staging_gain_db(self) -> float:
        """Gain that brings it to the reference loudness; 0 for a silent track."""

    def blocks(self, samples: int) -> Iterator[Tensor]:
        """Yield the staged audio in blocks (1 or 2, samples), the last one shorter."""


class Song(Protocol):
    """The tracks of a song; all have the same rate and length."""

    @property
    def name(self) -> str:
        """What a person calls it."""

    @property
    def sample_rate(self) -> int:
        """In Hz."""

    @property
    def samples(self) -> int:
        """Length in samples."""

    @property
    def tracks(self) -> Sequence[SongTrack]:
        """At least one."""
