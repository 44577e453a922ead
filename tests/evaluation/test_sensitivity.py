"""Known shifts, spreads, broken links and duplicates move what they should, and nothing else."""

import json

import pytest
import torch

from gen_mix.baselines.engineers import Engineers, Marginal
from gen_mix.baselines.mixer import Subject
from gen_mix.embeddings.bank import bank_of_sessions
from gen_mix.evaluation.compare import evaluate_mixers
from gen_mix.evaluation.heard import take_excerpts
from gen_mix.evaluation.judged import Draws
from gen_mix.mix import MixCondition
from gen_mix.sessions.facts import facts_of_session
from gen_mix.sessions.instant import instant_session
from gen_mix.sessions.session import Session
from tests.evaluation.perturbed import OneAnswer, Repeating, Shifted, SmearedDelay, Spread, Undecided, Unlinked


def subject_of(session: Session) -> Subject:
    """A session of which nothing but the labels is known."""
    facts = facts_of_session(session)
    tracks = facts.instrument.shape[1]
    nothing = MixCondition.heard(torch.zeros(1, tracks, 1), facts.is_track, facts.is_stereo).untold()
    return Subject(facts, torch.zeros(1, tracks, 1), nothing)


@pytest.fixture(scope="module")
def report() -> dict:
    # Of the first thirty, those with a lead and with a double show every link.
    sessions = [instant_session(3, index, seconds=1.0) for index in range(30)]
    chosen = [one for one in sessions if any(track.double_of for track in one.tracks)][:5]
    assert len(chosen) == 5
    bank = bank_of_sessions([instant_session(4, index, seconds=1.0) for index in range(6)])
    mixers = {
        "engineers_again": Engineers(),
        "marginal": Marginal(bank),
        "shifted": Shifted(0.3),
        "shifted_more": Shifted(0.6),
        "narrow": Spread(0.7),
        "wide": Spread(1.4),
        "unlinked": Unlinked(),
        "repeating": Repeating(0.5),
        "undecided": Undecided(),
        "smeared": SmearedDelay(),
        "one_answer": OneAnswer(),
    }
    prepared = ((one.name, subject_of(one), take_excerpts(one, seconds=0.5)) for one in chosen)
    return evaluate_mixers(prepared, mixers, Draws(samples=64, references=3, seed=1, trees=15))


def test_fresh_engineers_cannot_be_told_from_engineers(report: dict) -> None:
    again = report["engineers_again"]
    assert again["energy_ratio"] == pytest.approx(1, abs=0.15)
    assert again["mix_energy_ratio"] == pytest.approx(1, abs=0.3)
    assert again["link_ratio"] == pytest.approx(1, abs=0.2)
    assert again["two_sample_accuracy"] == pytest.approx(0.5, abs=0.04)
    assert again["modes"]["undecided_gates"] == 0
    assert again["modes"]["duplicates"] == 0
    ratios = torch.tensor(list(again["spread_ratio"].values()))
    assert float((ratios - 1).abs().median()) < 0.1


def test_a_shift_moves_the_energy_ratio_and_summaries_most(report: dict) -> None:
    assert 1.08 < report["shifted"]["energy_ratio"] < report["shifted_more"]["energy_ratio"]
    assert report["shifted_more"]["mix_energy_ratio"] > report["shifted_more"]["energy_ratio"] > 1.3
    assert report["shifted_more"]["two_sample_accuracy"] > 0.55


@pytest.mark.parametrize(("system", "factor"), [("narrow", 0.7), ("wide", 1.4)])
def test_a_wrong_spread_is_named_knob_by_knob(report: dict, system: str, factor: float) -> None:
    assert report[system]["mix_energy_ratio"] > 1.4
    assert report[system]["spread_ratio"]["track.fader_db"] == pytest.approx(factor, rel=0.1)
    assert report[system]["spread_ratio"]["track.pan"] == pytest.approx(1, abs=0.1)


def test_broken_links_are_seen_by_links_alone(report: dict) -> None:
    unlinked = report["unlinked"]
    assert unlinked["energy_ratio"] < 1.3
    assert unlinked["per_track_energy_ratio"] == pytest.approx(1, abs=0.15)
    assert unlinked["link_ratio"] > 1.15 > report["engineers_again"]["link_ratio"]
    assert report["engineers_again"]["modes"]["doubles_mirrored"] == 1
    assert unlinked["modes"]["doubles_mirrored"] < 0.7
    assert unlinked["modes"]["left_centre_right"] < report["engineers_again"]["modes"]["left_centre_right"]


def test_duplicates_are_counted(report: dict) -> None:
    assert report["repeating"]["modes"]["duplicates"] == pytest.approx(1, abs=0.01)
    assert report["repeating"]["energy_ratio"] > 1.2


def test_undecided_switches_are_seen_in_the_raw_values_alone(report: dict) -> None:
    assert report["undecided"]["modes"]["undecided_gates"] == 1
    assert report["undecided"]["energy_ratio"] == pytest.approx(1, abs=0.15)


def test_smeared_delay_times_are_seen(report: dict) -> None:
    assert report["smeared"]["delay_energy_ratio"] > 2 * report["engineers_again"]["delay_energy_ratio"]
    assert report["smeared"]["energy_ratio"] == pytest.approx(1, abs=0.15)


def test_references_are_in_order(report: dict) -> None:
    assert report["engineers_again"]["energy_ratio"] * 2 < report["marginal"]["energy_ratio"]
    assert report["marginal"]["energy_ratio"] < report["one_answer"]["energy_ratio"]
    assert report["one_answer"]["energy_ratio"] > 8
    assert max(report["one_answer"]["spread_ratio"].values()) == 0


def test_report_is_plain_json_with_one_row_per_session(report: dict) -> None:
    again = json.loads(json.dumps(report, allow_nan=False))
    assert len(again["sessions"]) == 5
    low, high = again["marginal"]["intervals"]["energy_ratio"]
    assert low <= again["marginal"]["energy_ratio"] <= high
    assert again["marginal"]["energy_ratio_worst_tenth"] == max(
        one["energy_ratio"]["marginal"] for one in again["sessions"]
    )
