"""A session: the tracks of a song as they came in."""

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from gen_mix.sessions.instruments import INSTRUMENTS, ROLES


@dataclass(frozen=True)
class Track:
    """One recording, mono or stereo.

    Attributes:
        name: What a person calls it.
        file: File name inside the session, with its folder if it has one.
        audio: (1 or 2, samples), float32, at the rate and length of the session, not staged.
        staging_gain_db: Gain that brings it to the reference loudness; 0 for a silent track.
        instrument: A word of `INSTRUMENTS`, or None where nobody said.
        role: ``lead``, ``normal`` or ``background``.
        double_of: `file` of the track that plays the same part, or None. Both name each other.

    Raises:
        ValueError: The audio is not (1 or 2, samples), or a label is not a word of ours.
    """

    name: str
    file: str
    audio: Tensor
    staging_gain_db: float = 0.0
    instrument: str | None = None
    role: str = "normal"
    double_of: str | None = None

    def __post_init__(self) -> None:
        if self.audio.ndim != 2 or self.audio.shape[0] not in (1, 2):
            raise ValueError(f"{self.file}: expected audio (1 or 2, samples), got {tuple(self.audio.shape)}")
        if self.instrument is not None and self.instrument not in INSTRUMENTS:
            raise ValueError(f"{self.file}: expected an instrument of {', '.join(INSTRUMENTS)}, got {self.instrument}")
        if self.role not in ROLES:
            raise ValueError(f"{self.file}: expected a role of {', '.join(ROLES)}, got {self.role}")

    @property
    def samples(self) -> int:
        """Length in samples."""
        return self.audio.shape[1]

    @property
    def is_stereo(self) -> bool:
        """True if the track has two channels."""
        return self.audio.shape[0] == 2

    @property
    def is_silent(self) -> bool:
        """True if nothing sounds."""
        return not bool(self.audio.any())

    @property
    def staged(self) -> Tensor:
        """The audio at the reference loudness (1 or 2, samples); all console values refer to it."""
        return self.audio * 10 ** (self.staging_gain_db / 20)

    def blocks(self, samples: int) -> Iterator[Tensor]:
        """Yield the staged audio in blocks of `samples`, the last one shorter."""
        for start in range(0, self.samples, samples):
            yield self.audio[:, start : start + samples] * 10 ** (self.staging_gain_db / 20)


@dataclass(frozen=True)
class Session:
    """The tracks of a song; all have the same rate and length.

    Attributes:
        name: What a person calls it.
        sample_rate: In Hz.
        tracks: At least one.
        notes: What was changed or ignored while reading, in words.

    Raises:
        ValueError: There are no tracks, or their lengths differ.
    """

    name: str
    sample_rate: int
    tracks: tuple[Track, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        lengths = {track.audio.shape[1] for track in self.tracks}
        if len(lengths) != 1:
            raise ValueError(f"{self.name}: expected tracks of one length, got {sorted(lengths)} samples")

    @property
    def samples(self) -> int:
        """Length in samples."""
        return self.tracks[0].audio.shape[1]

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.samples / self.sample_rate
