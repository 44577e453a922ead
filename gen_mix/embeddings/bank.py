"""Banks of tracks: made of sessions, joined, saved, and sessions drawn from them."""

from collections.abc import Iterable

import numpy as np
import torch

from gen_mix.embeddings.augment import augment
from gen_mix.embeddings.draw import SessionBatch, draw_sessions, whole_sessions
from gen_mix.embeddings.features import track_features
from gen_mix.embeddings.track_bank import TrackBank, join_banks
from gen_mix.errors import InputError
from gen_mix.measurements import measure
from gen_mix.sessions.facts import doubles_of
from gen_mix.sessions.instruments import INSTRUMENTS
from gen_mix.sessions.session import Session

__all__ = [
    "SessionBatch",
    "TrackBank",
    "bank_of_session",
    "bank_of_sessions",
    "draw_sessions",
    "join_banks",
    "whole_sessions",
]


def bank_of_sessions(sessions: Iterable[Session], copies: int = 1, seed: int = 0) -> TrackBank:
    """Return the bank of labelled sessions.

    Args:
        sessions: Each track needs an instrument.
        copies: Of each track, at least 1; the first is the track as recorded, the others are changed.
        seed: Of the changes; with the number of the session and of the track they are fixed.

    Raises:
        InputError: A track has no instrument.
    """
    return join_banks([bank_of_session(session, copies, (seed, number)) for number, session in enumerate(sessions)])


def bank_of_session(session: Session, copies: int, seed: tuple[int, int]) -> TrackBank:
    """Return the bank of one labelled session; `seed` fixes its copies.

    Raises:
        InputError: A track has no instrument.
    """
    rate, features, measurements, is_stereo = session.sample_rate, [], [], []
    for number, track in enumerate(session.tracks):
        if track.instrument is None:
            raise InputError(f"{session.name}: {track.file}: expected an instrument, got none")
        for copy in range(copies):
            generator = _generator(*seed, number, copy)
            audio = track.audio if copy == 0 else augment(track.audio, rate, generator)
            features.append(track_features(audio, rate))
            measurements.append(measure(audio, rate))
            is_stereo.append(audio.shape[0] == 2)
    instrument = torch.tensor([INSTRUMENTS.index(str(track.instrument)) for track in session.tracks])
    is_lead = torch.tensor([track.role == "lead" for track in session.tracks])
    doubles = doubles_of(session).repeat_interleave(copies)
    copy_number = torch.arange(len(session.tracks) * copies) % copies
    return TrackBank(
        features=torch.stack(features),
        measurements=torch.stack(measurements),
        instrument=instrument.repeat_interleave(copies),
        is_stereo=torch.tensor(is_stereo),
        is_lead=is_lead.repeat_interleave(copies),
        double_of=torch.where(doubles < 0, -1, doubles * copies + copy_number),
        session=torch.zeros(len(features), dtype=torch.int64),
        copy=copy_number,
    )


def _generator(*numbers: int) -> torch.Generator:
    """Return a generator that is a function of some numbers, at least 0 each."""
    seed = int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0])
    return torch.Generator().manual_seed(seed % 2**63)
