"""Sessions drawn from a bank: whole ones, parts of them, with other recordings, and of tracks that never met."""

from dataclasses import dataclass

import torch
from torch import Tensor

from gen_mix.embeddings.track_bank import TrackBank
from gen_mix.sessions.facts import TrackFacts
from gen_mix.sessions.instruments import INSTRUMENTS

Unit = tuple[int, ...]

_WHOLE, _PART, _RECAST = 0.4, 0.6, 0.8  # cumulative; the rest are assembled
_LEAD_VOCAL = INSTRUMENTS.index("lead_vocal")
_NUMBERS = 64


@dataclass(frozen=True)
class SessionBatch:
    """Some sessions, padded to one number of tracks.

    Attributes:
        facts: What an engineer knows of them.
        features: (batch, tracks, FEATURES); 0 on padding.
    """

    facts: TrackFacts
    features: Tensor


def draw_sessions(
    bank: TrackBank, count: int, generator: torch.Generator, most_tracks: int = 24, fewest_tracks: int = 3
) -> SessionBatch:
    """Return random sessions of the tracks of a bank, each track in a random copy.

    Two in five are sessions as they were recorded; the others, a fifth each, are parts of a session, sessions in
    which other recordings of the same instruments play, and assemblies of tracks of up to four sessions. Doubles stay
    together and at most one track is the lead.

    Args:
        bank: With at least one session.
        count: Number of sessions, at least 1.
        generator: Of all that is random here.
        most_tracks: Larger sessions lose tracks; at least 2.
        fewest_tracks: Parts have at least as many, if the session has.

    Raises:
        ValueError: The bank is empty or a number is out of range.
    """
    if bank.sessions == 0 or count < 1 or not 1 <= fewest_tracks <= most_tracks or most_tracks < 2:
        raise ValueError(
            f"expected sessions in the bank, count >= 1, 1 <= fewest_tracks <= most_tracks >= 2, got {bank.sessions} "
            f"sessions, count {count}, {fewest_tracks} and {most_tracks} tracks"
        )
    numbers = torch.rand(count, _NUMBERS, generator=generator, dtype=torch.float64).tolist()
    casts = [_cast(bank, row, most_tracks, fewest_tracks) for row in numbers]
    widest = max(len(cast) for cast in casts)
    tracks = torch.tensor([cast + [-1] * (widest - len(cast)) for cast in casts])
    copies = torch.randint(bank.copies, tracks.shape, generator=generator)
    return _batch(bank, tracks, copies, torch.rand(tracks.shape, generator=generator))


def whole_sessions(bank: TrackBank, numbers: Tensor) -> SessionBatch:
    """Return the sessions with these numbers (batch,) as they were recorded."""
    casts = [[track for unit in bank.units[number] for track in unit] for number in numbers.tolist()]
    widest = max(len(cast) for cast in casts)
    tracks = torch.tensor([cast + [-1] * (widest - len(cast)) for cast in casts])
    order = torch.arange(widest).expand(len(casts), -1).float()
    return _batch(bank, tracks, torch.zeros_like(tracks), -order)


def _cast(bank: TrackBank, numbers: list[float], most_tracks: int, fewest_tracks: int) -> list[int]:
    """Return the tracks of one drawn session, given numbers from 0 to 1."""
    kind, size, guests = numbers[:3]
    donors, rest = numbers[3:7], numbers[7:]
    units = list(bank.units[int(donors[0] * bank.sessions)])
    if kind < _WHOLE:
        return _choose(units, most_tracks, most_tracks, rest)
    if kind < _PART:
        tracks = sum(len(unit) for unit in units)
        wanted = fewest_tracks + int(size * (max(tracks, fewest_tracks) - fewest_tracks + 1))
        return _choose(units, min(wanted, most_tracks), most_tracks, rest)
    if kind < _RECAST:
        return _choose(_recast(bank, units, rest), most_tracks, most_tracks, rest[::-1])
    others = [bank.units[int(donor * bank.sessions)] for donor in donors[1 : 2 + int(guests * 3)]]
    pool = list(dict.fromkeys(unit for session in (units, *others) for unit in session))
    wanted = fewest_tracks + int(size * (len(units) + 1))
    return _choose(pool, min(wanted, most_tracks), most_tracks, rest)


def _choose(units: list[Unit], wanted: int, most_tracks: int, numbers: list[float]) -> list[int]:
    """Return tracks of random units, at least `wanted` if there are as many, never more than `most_tracks`."""
    order = sorted(range(len(units)), key=lambda place: numbers[place % len(numbers)] + place // len(numbers))
    chosen: list[int] = []
    for place in order:
        if len(chosen) >= wanted:
            break
        if len(chosen) + len(units[place]) <= most_tracks:
            chosen.extend(units[place])
    return chosen


def _recast(bank: TrackBank, units: list[Unit], numbers: list[float]) -> list[Unit]:
    """Return units of the same instruments and sizes, each from a random session; none twice."""
    recast: dict[Unit, None] = {}
    for place, unit in enumerate(units):
        alike = bank.alike[int(bank.instrument[unit[0] * bank.copies]), len(unit)]
        other = alike[int(numbers[place % len(numbers)] * len(alike))]
        recast[unit if other in recast else other] = None
    return list(recast)


def _batch(bank: TrackBank, tracks: Tensor, copies: Tensor, order: Tensor) -> SessionBatch:
    """Return the batch of `tracks` (batch, tracks), -1 on padding, in `copies`; `order` chooses among leads."""
    is_track = tracks >= 0
    rows = torch.where(is_track, tracks * bank.copies + copies, 0)
    doubles = torch.where(is_track, bank.track_double[tracks.clamp_min(0)], -1)
    is_double = (tracks[:, None, :] == doubles[:, :, None]) & (doubles[:, :, None] >= 0)
    instrument = torch.where(is_track, bank.instrument[rows], 0)
    facts = TrackFacts(
        instrument=instrument,
        is_track=is_track,
        is_stereo=bank.is_stereo[rows] & is_track,
        is_lead=_one_lead(bank.is_lead[rows] & is_track, (instrument == _LEAD_VOCAL) & is_track, order),
        double_of=torch.where(is_double.any(-1), is_double.int().argmax(-1), -1),
        measurements=bank.measurements[rows].masked_fill(~is_track[..., None], 0),
    )
    return SessionBatch(facts, bank.features[rows].masked_fill(~is_track[..., None], 0))


def _one_lead(is_lead: Tensor, is_vocal: Tensor, order: Tensor) -> Tensor:
    """Return at most one lead per session: a lead vocal labelled so, then a lead vocal, a lead; equals by `order`."""
    candidate = is_lead | is_vocal
    rank = 4 * (is_vocal & is_lead) + 2 * is_vocal + is_lead + torch.sigmoid(order) * 0.9
    best = torch.where(candidate, rank, -1).argmax(dim=1, keepdim=True)
    return torch.zeros_like(candidate).scatter(1, best, True) & candidate
