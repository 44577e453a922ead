"""Facts about the report on wishes, with small networks of random weights."""

import json
from functools import cache
from pathlib import Path

import pytest
import torch

from gen_mix.errors import InputError
from gen_mix.evaluation.control import evaluate_control, write_control
from gen_mix.evaluation.control_locks import Question, conditioned_engineers
from gen_mix.evaluation.control_session import ControlSession, control_session
from tests.test_pipeline import pipeline, session


@cache
def prepared() -> ControlSession:
    """Return a short session, heard."""
    return control_session(session(), pipeline(), engineers=8)


def test_conditioned_engineers_are_those_who_have_the_knob_in_the_range() -> None:
    question = Question(1, "pan", 0.0, 0.45)
    found = conditioned_engineers(prepared(), question, 20, torch.Generator().manual_seed(0))
    assert found is not None
    token, place = question.place
    assert float(found.normalized[:, token, place].max()) <= 0.45
    assert len(found) == 20
    nobody = Question(1, "pan", 2.0, 3.0)
    assert conditioned_engineers(prepared(), nobody, 20, torch.Generator().manual_seed(0)) is None


def test_the_report_has_what_was_judged_and_locks_are_exact(tmp_path: Path) -> None:
    report = evaluate_control([session()], pipeline(), samples=2, parts=["locks"])
    assert report["locks"]["exact"] == 1.0  # type: ignore[index]
    assert report["locks"]["energy_ratio"] > 0  # type: ignore[index]
    write_control(report, tmp_path / "report.json")
    write_control({"cost": {"lock": 2.0}}, tmp_path / "report.json")
    stored = json.loads((tmp_path / "report.json").read_text())
    assert stored["locks"] == report["locks"]
    assert stored["cost"] == {"lock": 2.0}


def test_what_cannot_be_judged_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least one"):
        evaluate_control([], pipeline())
    with pytest.raises(InputError, match="got taste"):
        evaluate_control([session()], pipeline(), parts=["taste"])
    (tmp_path / "report.json").write_text("not a report")
    with pytest.raises(InputError, match="expected a report to add to"):
        write_control({}, tmp_path / "report.json")
