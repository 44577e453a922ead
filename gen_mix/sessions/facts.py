"""What an engineer, human or virtual, knows of a session's tracks: labels and measurements."""

from dataclasses import dataclass

import torch
from torch import Tensor

from gen_mix.errors import InputError
from gen_mix.measurements import measure
from gen_mix.sessions.instruments import INSTRUMENTS
from gen_mix.sessions.session import Session, Track


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


def facts_of_session(session: Session) -> TrackFacts:
    """Return the facts of one labelled session (batch 1), tracks in the session's order.

    Of several tracks with the role of lead, the first one is the lead.

    Raises:
        InputError: A track has no instrument, or names a double that is not a track of the session.
    """
    leads = [number for number, track in enumerate(session.tracks) if track.role == "lead"]
    is_lead = torch.zeros(len(session.tracks), dtype=torch.bool)
    is_lead[leads[:1]] = True
    return TrackFacts(
        instrument=torch.tensor([[_instrument_number(session.name, track) for track in session.tracks]]),
        is_track=torch.ones(1, len(session.tracks), dtype=torch.bool),
        is_stereo=torch.tensor([[track.is_stereo for track in session.tracks]]),
        is_lead=is_lead[None],
        double_of=doubles_of(session)[None],
        measurements=torch.stack([measure(track.audio, session.sample_rate) for track in session.tracks])[None],
    )


def doubles_of(session: Session) -> Tensor:
    """Return the place of the track that plays the same part as each track (tracks,), -1 if there is none.

    Raises:
        InputError: A track names a double that is not a track of the session.
    """
    places = {track.file: number for number, track in enumerate(session.tracks)}
    doubles = []
    for track in session.tracks:
        if track.double_of is not None and track.double_of not in places:
            raise InputError(
                f"{session.name}: {track.file}: double_of: expected a file of the session, got {track.double_of}"
            )
        doubles.append(-1 if track.double_of is None else places[track.double_of])
    return torch.tensor(doubles)


def _instrument_number(session_name: str, track: Track) -> int:
    if track.instrument is None:
        raise InputError(
            f"{session_name}: {track.file}: expected an instrument (session.yaml: tracks: instrument), got none"
        )
    return INSTRUMENTS.index(track.instrument)
