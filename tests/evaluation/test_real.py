"""Facts about the judgement of real recordings, shown on instant ones."""

import json
from pathlib import Path

import pytest
import soundfile
import torch

from gen_mix.console.layout import BUS_TOKENS, LAYOUT, TRACK
from gen_mix.embeddings.bank import bank_of_sessions
from gen_mix.errors import InputError
from gen_mix.evaluation.common_sense import complaints_of, medians_of_spread
from gen_mix.evaluation.heard import HEARD
from gen_mix.evaluation.production import measure_production
from gen_mix.evaluation.real import evaluate_real, lead_to_rest_lu
from gen_mix.evaluation.real_report import real_tables, write_real
from gen_mix.mix import MixParameters
from gen_mix.pipeline import MixPipeline
from gen_mix.sessions.catalogue import instrument_of, labelled_from_catalogue
from gen_mix.sessions.facts import TrackFacts
from gen_mix.sessions.folder import read_session, write_session
from gen_mix.sessions.instant import instant_session
from gen_mix.sessions.instruments import INSTRUMENTS

RATE = 44100


def facts(*instruments: str, lead: int | None = None) -> TrackFacts:
    tracks = len(instruments)
    is_lead = torch.zeros(1, tracks, dtype=torch.bool)
    if lead is not None:
        is_lead[0, lead] = True
    return TrackFacts(
        instrument=torch.tensor([[INSTRUMENTS.index(name) for name in instruments]]),
        is_track=torch.ones(1, tracks, dtype=torch.bool),
        is_stereo=torch.zeros(1, tracks, dtype=torch.bool),
        is_lead=is_lead,
        double_of=torch.full((1, tracks), -1),
        measurements=torch.zeros(1, tracks, 1),
    )


def heard(level_lu: list[list[float]], pan: list[list[float]]) -> torch.Tensor:
    values = torch.zeros(len(level_lu), len(level_lu[0]), len(HEARD))
    values[..., HEARD.index("level_lu")] = torch.tensor(level_lu)
    values[..., HEARD.index("pan")] = torch.tensor(pan)
    return values


def white(mixes: int, sign: float = 1.0) -> list:
    left = 0.1 * torch.randn(RATE, generator=torch.Generator().manual_seed(0))
    return [measure_production(torch.stack([left, sign * 0.98 * left]), RATE)] * mixes


def test_lead_over_the_rest_follows_the_lead_decibel_by_decibel() -> None:
    session = instant_session(0, 0)
    is_lead = torch.arange(len(session.tracks)) == 1
    is_stereo = torch.tensor([[track.is_stereo for track in session.tracks]])
    neutral = LAYOUT.neutral(torch.ones_like(is_stereo), is_stereo)
    knobs = neutral.normalized.repeat(2, 1, 1)
    place, spec = LAYOUT.index(TRACK, "fader_db"), LAYOUT.spec(TRACK, "fader_db")
    knobs[1, len(BUS_TOKENS) + 1, place] = spec.normalized(torch.tensor(5.0, dtype=torch.float64)).float()
    found = lead_to_rest_lu(session, MixParameters(knobs, neutral.mask.expand(2, -1, -1)), is_lead)
    assert float(found[1] - found[0]) == pytest.approx(5, abs=0.05)
    assert lead_to_rest_lu(session, neutral, torch.zeros(len(session.tracks), dtype=torch.bool)) is None


def test_objections_are_counted() -> None:
    mixes = heard([[0.0, 0.0], [8.0, 0.0], [0.0, -50.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0], [0.0, 0.1], [0.0, 0.5]])
    lead_lu = torch.tensor([0.0, 8.0, 50.0, 0.0])
    found = complaints_of(facts("lead_vocal", "bass", lead=0), mixes, white(4), lead_lu, None)
    assert found == {"lead": 0.5, "lost_track": 0.25, "low_end_off_centre": 0.25, "lost_in_mono": 0.0}


def test_cancellation_and_another_balance_are_objected_to() -> None:
    level, pan = [[0.0, 0.0]], [[0.0, 0.0]]
    usual = white(1)[0].balance_db[None]
    found = complaints_of(facts("organ", "strings"), heard(level, pan), white(1, -1.0), None, usual - 7)
    assert found == {"lost_in_mono": 1.0, "lost_track": 0.0, "balance": 1.0}
    assert complaints_of(facts("organ", "strings"), heard(level, pan), white(1), None, usual - 5)["balance"] == 0


def test_spread_is_the_median_over_tracks() -> None:
    gain = torch.tensor([[0.0, 0.0, 0.0], [2.0, 4.0, 8.0]])
    found = medians_of_spread(gain, gain / 8, torch.tensor([False, True, False]))
    assert found["gain_sd_db"] == pytest.approx(4 / 2**0.5)
    assert found["pan_sd"] == pytest.approx(float(torch.tensor([0.0, 0.25]).std()))


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("songs") / "one"
    session = instant_session(0, 0)
    write_session(session, folder)
    (folder / "session.yaml").unlink()
    words = ["vocals", "bass", *["keys"] * len(session.tracks)]
    names = [Path(track.file).name for track in read_session(folder).tracks]
    tracks = [{"file": f"tracks/{name}", "instrument": word} for name, word in zip(names, words, strict=False)]
    (folder / "song.json").write_text(json.dumps({"tracks": tracks}))
    return folder


def test_labels_come_from_the_catalogue(song: Path) -> None:
    labelled = labelled_from_catalogue(read_session(song), song)
    assert [track.instrument for track in labelled.tracks][:2] == ["lead_vocal", "bass"]
    assert [track.role for track in labelled.tracks].count("lead") == 1
    assert instrument_of("hi-hat") == "hihat"
    assert instrument_of("theremin") == "fx"


def test_a_song_is_judged_beside_a_persons_mix(song: Path, tmp_path: Path) -> None:
    session = read_session(song)
    plain = sum(track.staged.mean(0) for track in session.tracks)
    soundfile.write(song / "mix.wav", torch.stack([plain, plain], dim=1).numpy() / 10, session.sample_rate)
    bank = bank_of_sessions(instant_session(0, index) for index in range(3))
    report = evaluate_real([song], MixPipeline.from_pretrained(), bank, samples=2)
    judged = report["songs"]["one"]
    (song / "mix.wav").unlink()
    assert set(judged["human"]) == {
        "model_best", "model_mean", "rule_engineer", "twin", "mean_of_training", "equal_loudness"
    }  # fmt: skip
    assert judged["human"]["model_best"]["spectral"] <= judged["human"]["model_mean"]["spectral"]
    assert judged["human"]["equal_loudness"]["balance_db"] < 0.1, "the person's mix was at equal loudness"
    write_real(report, tmp_path / "real.json")
    assert json.loads((tmp_path / "real.json").read_text()) == report
    assert "| one |" in real_tables(report)


def test_folders_without_labels_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"song\.json"):
        evaluate_real([], MixPipeline.from_pretrained(), bank_of_sessions([instant_session(0, 0)]))
