"""What an engineer, human or virtual, knows of a session's tracks: labels and measurements."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class TrackFacts:
    """Labels and measurements of the tracks of some sessions, padded to one number of tracks.

    Attributes:
        instrument: Class number, place in `INSTRUMENTS` (batch, tracks), int64; 0 on padding.
        is_track: Boolean (batch, tracks); false on padding.
        is_stereo: Boolean (batch, tracks).
        is_lead: Boolean (batch, tracks); at most one true per session.
        double_of: Place of the track that plays the same part (batch, tracks), int64, -1 if none; mutual.
        measurements: (batch, tracks, len(MEASUREMENTS)), see `gen_mix.measurements`; 0 on padding.
    """

    instrument: Tensor
    is_track: Tensor
    is_stereo: Tensor
    is_lead: Tensor
    double_of: Tensor
    measurements: Tensor

    def __len__(self) -> int:
        return self.instrument.shape[0]

    def __getitem__(self, rows: slice | Tensor) -> "TrackFacts":
        """Return the facts of some sessions."""
        return TrackFacts(
            self.instrument[rows],
            self.is_track[rows],
            self.is_stereo[rows],
            self.is_lead[rows],
            self.double_of[rows],
            self.measurements[rows],
        )

    def expand(self, batch: int) -> "TrackFacts":
        """Return the facts of one session, repeated `batch` times."""
        return TrackFacts(
            self.instrument.expand(batch, -1),
            self.is_track.expand(batch, -1),
            self.is_stereo.expand(batch, -1),
            self.is_lead.expand(batch, -1),
            self.double_of.expand(batch, -1),
            self.measurements.expand(batch, -1, -1),
        )
