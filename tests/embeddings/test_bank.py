"""Banks of tracks and sessions drawn from them: labels stay true, doubles together, at most one lead."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from gen_mix.embeddings.bank import (
    TrackBank,
    bank_of_session,
    bank_of_sessions,
    draw_sessions,
    join_banks,
    whole_sessions,
)
from gen_mix.embeddings.features import FEATURES
from gen_mix.errors import InputError
from gen_mix.measurements import MEASUREMENTS
from gen_mix.sessions.facts import facts_of_session
from gen_mix.sessions.instant import instant_session
from gen_mix.sessions.instruments import INSTRUMENTS

COPIES = 2


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def made_up_bank(sessions: int = 30, tracks: int = 12, copies: int = COPIES) -> TrackBank:
    """Return a bank whose features name their row; the first two tracks of each session are doubles."""
    rows = torch.arange(sessions * tracks * copies)
    place = rows // copies % tracks
    instrument = torch.where(place < 2, 10, torch.randint(24, rows.shape, generator=generator())[rows // copies])
    partner = torch.where(place == 0, rows + copies, rows - copies)
    return TrackBank(
        features=rows[:, None].float().expand(-1, FEATURES),
        measurements=rows[:, None].float().expand(-1, len(MEASUREMENTS)),
        instrument=instrument,
        is_stereo=rows % 3 == 0,
        is_lead=(place == 3) | (place == 4),
        double_of=torch.where(place < 2, partner, -1),
        session=rows // (copies * tracks),
        copy=rows % copies,
    )


def chosen_rows(features: Tensor, is_track: Tensor) -> list[list[int]]:
    return [row[here].long().tolist() for row, here in zip(features[..., 0], is_track, strict=True)]


@pytest.mark.parametrize("most_tracks", [4, 8, 24])
def test_drawn_sessions_keep_what_belongs_together(most_tracks: int) -> None:
    bank = made_up_bank()
    drawn = draw_sessions(bank, 64, generator(1), most_tracks=most_tracks)
    facts = drawn.facts
    assert facts.is_track.sum(1).max() <= most_tracks
    assert facts.is_track.sum(1).min() >= 3
    for number, rows in enumerate(chosen_rows(drawn.features, facts.is_track)):
        tracks = [row // COPIES for row in rows]
        assert len(set(tracks)) == len(tracks)
        for place, row in enumerate(rows):
            assert facts.instrument[number, place] == bank.instrument[row]
            assert facts.is_stereo[number, place] == bank.is_stereo[row]
            assert facts.measurements[number, place, 0] == row
            double = int(facts.double_of[number, place])
            if bank.double_of[row] < 0:
                assert double == -1
            else:
                assert tracks[double] == bank.double_of[row] // COPIES
                assert facts.double_of[number, double] == place


def test_a_session_has_one_lead_if_it_has_a_candidate() -> None:
    bank = made_up_bank()
    facts = draw_sessions(bank, 64, generator(2)).facts
    vocal = INSTRUMENTS.index("lead_vocal")
    drawn = draw_sessions(bank, 64, generator(2))
    for number, rows in enumerate(chosen_rows(drawn.features, facts.is_track)):
        candidates = [bool(bank.is_lead[row]) or int(bank.instrument[row]) == vocal for row in rows]
        assert facts.is_lead[number].sum() == any(candidates)
        lead = facts.is_lead[number].nonzero()[:, 0].tolist()
        assert all(candidates[place] for place in lead)
        if any(int(bank.instrument[row]) == vocal for row in rows):
            assert facts.instrument[number, lead[0]] == vocal


def test_padding_holds_nothing() -> None:
    drawn = draw_sessions(made_up_bank(), 32, generator(3))
    padding = ~drawn.facts.is_track
    assert padding.any()
    assert not drawn.features[padding].any()
    assert not drawn.facts.measurements[padding].any()
    assert not drawn.facts.instrument[padding].any()
    assert not (drawn.facts.is_lead | drawn.facts.is_stereo)[padding].any()
    assert (drawn.facts.double_of[padding] == -1).all()


def test_sessions_are_a_function_of_the_generator_and_use_all_copies() -> None:
    bank = made_up_bank()
    one, same, other = (draw_sessions(bank, 16, generator(seed)) for seed in (5, 5, 6))
    assert torch.equal(one.features, same.features)
    assert one.features.shape != other.features.shape or not torch.equal(one.features, other.features)
    rows = one.features[..., 0][one.facts.is_track].long()
    assert set((rows % COPIES).tolist()) == {0, 1}


def test_some_sessions_are_whole_and_some_are_assembled() -> None:
    bank = made_up_bank()
    drawn = draw_sessions(bank, 200, generator(7))
    donors = [{row // (COPIES * 12) for row in rows} for rows in chosen_rows(drawn.features, drawn.facts.is_track)]
    whole = [
        len(donor) == 1 and int(here.sum()) == 12 for donor, here in zip(donors, drawn.facts.is_track, strict=True)
    ]
    assert 0.3 < sum(whole) / 200 < 0.5
    assert sum(len(donor) > 1 for donor in donors) / 200 > 0.25


def test_a_bank_says_of_a_session_what_its_facts_say() -> None:
    sessions = [instant_session(0, index, seconds=1.0) for index in range(3)]
    batch = whole_sessions(bank_of_sessions(sessions), torch.tensor([1]))
    facts = facts_of_session(sessions[1])
    order = [int((batch.facts.measurements[0] == row).all(-1).nonzero()[0]) for row in facts.measurements[0]]
    assert sorted(order) == list(range(len(sessions[1].tracks)))
    assert torch.equal(batch.facts.instrument[0, order], facts.instrument[0])
    assert torch.equal(batch.facts.is_stereo[0, order], facts.is_stereo[0])
    assert torch.equal(batch.facts.is_lead[0, order], facts.is_lead[0])


def test_copies_begin_with_the_track_as_recorded() -> None:
    session = instant_session(0, 4, seconds=1.0)
    plain, changed = bank_of_session(session, 1, (0, 0)), bank_of_session(session, 3, (0, 0))
    recorded = changed.as_recorded()
    assert torch.equal(recorded.features, plain.features)
    assert torch.equal(recorded.double_of, plain.double_of)
    assert changed.tracks == plain.tracks == len(session.tracks)
    assert not torch.equal(changed.features[0::3], changed.features[1::3])
    assert torch.equal(changed.features, bank_of_session(session, 3, (0, 0)).features)
    assert not torch.equal(changed.features[1::3], bank_of_session(session, 3, (1, 0)).features[1::3])


def test_banks_are_joined_and_divided_by_session() -> None:
    bank = made_up_bank(6)
    joined = join_banks([bank.sessions_between(0, 2), bank.sessions_between(2, 6)])
    assert torch.equal(joined.double_of, bank.double_of)
    assert torch.equal(joined.session, bank.session)
    assert torch.equal(joined.features, bank.features)


def test_a_bank_is_read_as_it_was_written(tmp_path: Path) -> None:
    bank = made_up_bank(3)
    bank.save(tmp_path / "folder" / "tracks_0.safetensors")
    made_up_bank(2).save(tmp_path / "folder" / "tracks_1.safetensors")
    loaded = TrackBank.load(tmp_path / "folder" / "tracks_0.safetensors")
    assert all(torch.equal(getattr(loaded, name), getattr(bank, name)) for name in vars(bank))
    assert TrackBank.load(tmp_path / "folder").sessions == 5
    (tmp_path / "broken.safetensors").write_bytes(b"half a file")
    for path in (tmp_path / "broken.safetensors", tmp_path / "missing.safetensors", tmp_path):
        with pytest.raises(InputError, match="expected"):
            TrackBank.load(tmp_path / "broken.safetensors" if path == tmp_path else path)


def test_what_is_no_bank_is_refused() -> None:
    bank = made_up_bank(2)
    with pytest.raises(ValueError, match="copies"):
        replace(bank, copy=bank.copy.flip(0))
    with pytest.raises(ValueError, match="features"):
        replace(bank, features=bank.features[:, 1:])
    with pytest.raises(ValueError, match="expected sessions"):
        draw_sessions(bank, 4, generator(), most_tracks=2, fewest_tracks=3)


@pytest.mark.slow
def test_64_sessions_are_drawn_within_10_ms() -> None:
    bank = made_up_bank(200, 16)
    draw_sessions(bank, 64, generator())
    start = time.process_time()
    for seed in range(10):
        draw_sessions(bank, 64, generator(seed), most_tracks=16)
    assert (time.process_time() - start) / 10 < 0.010
