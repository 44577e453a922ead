import json
from pathlib import Path

import pytest

from gen_mix.errors import InputError
from gen_mix.evaluation.one_to_many import write_report
from gen_mix.evaluation.tables import mode_text, report_tables


def system(ratio: float) -> dict:
    names = ("energy_ratio", "per_track_energy_ratio", "mix_energy_ratio", "two_sample_accuracy", "delay_energy_ratio")
    return {
        **dict.fromkeys(names, ratio),
        "energy_ratio_worst_tenth": 2 * ratio,
        "two_sample_auc": 0.5,
        "intervals": {name: [0.5 * ratio, 2 * ratio] for name in names},
        "spread_ratio": {"track.pan": 0.25, "delay.feedback": 1.5},
        "modes": {"doubles_apart": 0.5, "lead_mean_lu": None, "lead_sd_lu": 3.14},
        "calibration": {"histogram_distance": 0.03, "crps": 1.02},
    }


@pytest.fixture
def report() -> dict:
    sessions = [{"name": "one", "energy_ratio": {"model": 2.5, "twin": 20.25}}]
    draws = {"samples": 64, "references": 3, "seed": 0}
    return {"model": system(2.5), "twin": system(20.25), "sessions": sessions, "draws": draws}


def test_table_has_a_row_per_system_in_the_order_of_the_figure(report: dict) -> None:
    rows = [line for line in report_tables(report).splitlines() if line.startswith(("| model", "| supervised"))]
    assert rows[0].startswith("| model, from audio | 2.50 (1.25 to 5.00) | 5.00 |")
    assert rows[1].startswith("| supervised twin | 20.2 (10.1 to 40.5) | 40.5 |")
    assert "| track.pan | 0.25 | 0.25 |" in report_tables(report)


def test_modes_are_written_in_their_units() -> None:
    assert mode_text("doubles_apart", 0.125) == "12 %"
    assert mode_text("lead_sd_lu", 3.14) == "3.1"
    assert mode_text("lead_mean_lu", None) == "–"


def test_report_is_written_three_ways_and_reads_back(report: dict, tmp_path: Path) -> None:
    write_report(report, tmp_path / "deep" / "out")
    written = sorted(path.name for path in (tmp_path / "deep" / "out").iterdir())
    assert written == ["report.json", "report.md", "report.png"]
    assert json.loads((tmp_path / "deep" / "out" / "report.json").read_text()) == report
    assert (tmp_path / "deep" / "out" / "report.png").read_bytes().startswith(b"\x89PNG")


def test_a_json_file_may_be_named(report: dict, tmp_path: Path) -> None:
    write_report(report, tmp_path / "judged.json")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["judged.json", "judged.md", "judged.png"]


def test_a_file_in_the_way_is_named(report: dict, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match=r"out: expected a place to write the report to"):
        write_report(report, tmp_path / "out")
