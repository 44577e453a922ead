"""How much a page may ask for: every bound of the server in one place."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds on what comes in.

    Attributes:
        file_bytes: Of one upload.
        track_seconds: Length of one track.
        tracks: Of one session.
        session_bytes: Of all decoded tracks of one session, as float32; and of all records beside them.
        records: That new mixes are to sound like at a time.
        record_seconds: Length of one record.
        record_bytes: Of one decoded record, as float32.
        body_bytes: Of a request that is no upload.
        idle_seconds: Longest silence of a client in the middle of a request.
        least_bytes_per_second: Slower uploads are given up, after `idle_seconds` of grace.
        decoding: Uploads that are decoded at once; others wait for them.
        waiting_jobs: That may stand in the queue behind the one that runs.
        waiting_previews: That may wait for the one that is rendered.
        mixes: In one session.
    """

    file_bytes: int = 1 << 29
    track_seconds: float = 1800.0
    tracks: int = 128
    session_bytes: int = 3 << 30
    records: int = 4
    record_seconds: float = 900.0
    record_bytes: int = 1 << 29
    body_bytes: int = 1 << 20
    idle_seconds: float = 20.0
    least_bytes_per_second: float = 20_000.0
    decoding: int = 2
    waiting_jobs: int = 8
    waiting_previews: int = 3
    mixes: int = 64
