"""The comparison of virtual engineers with people sees what is there and nothing else."""

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gen_mix.errors import InputError
from gen_mix.evaluation.engineers import (
    compare_engineers,
    evaluate_engineers,
    spread_on_one_track,
    table_of,
)
from gen_mix.evaluation.practice import practice_of_people, practice_of_virtual_engineers
from gen_mix.sessions.engineers.human import doubles, read_human_mixes
from gen_mix.sessions.instruments import INSTRUMENTS

HUMAN = Path(__file__).parents[2] / "../shared/data/mixologydb/dev.json"

KINDS = {
    "Kick": ("DRUMS", "KICK"),
    "OH L": ("DRUMS", "OVERHEAD"),
    "OH R": ("DRUMS", "OVERHEAD"),
    "Gtr": ("GUITARS", "ELECTRIC"),
    "Keys": ("KEYS", "ELECTRIC"),
    "Vox": ("VOCALS", "LEAD"),
}


def human_file(mixes: int = 36) -> dict[str, Any]:
    """Return made-up mixes of two songs in the format of MixologyDB."""
    rng = np.random.default_rng(1)
    return {
        "mixes": [
            {
                "mix-name": f"mix {number}",
                "song-name": f"song {number % 2}",
                "tracks": [
                    {
                        "track-name": name,
                        "track-type": "AUDIO",
                        "track-instrument-type": kind,
                        "track-instrument-subtype": subtype,
                        "channel-mode": "STEREO" if name == "Keys" else "MONO",
                        "parameters": {
                            "gain": float(rng.normal(-6, 3)),
                            "pan": [-100, 60] if name == "Keys" else [int(rng.integers(-100, 100))],
                            "eq": [{"type": "HP", "value": {"freq": 80, "q": 0.7, "gain": 12}}],
                            "compression": [{"thres": -20, "ratio": "4:1", "attack": 5, "release": 80}],
                        },
                        "track-audio-features": {"track-audio-path": f"./audio/{name}.wav", "track-audio-lufs": -22.0},
                    }
                    for name, (kind, subtype) in KINDS.items()
                ],
            }
            for number in range(mixes)
        ]
    }


def written(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "human.json"
    path.write_text(json.dumps(content))
    return path


def test_settings_are_read_as_they_were_written(tmp_path: Path) -> None:
    mix = read_human_mixes(written(tmp_path, human_file(1)))[0]
    keys = next(track for track in mix.tracks if track.instrument == "keys_epiano")
    assert keys.is_stereo
    assert keys.pan == pytest.approx(-0.2)
    assert keys.width == pytest.approx(0.8)
    assert keys.high_pass_hz == 80
    assert not keys.has_eq
    assert not keys.has_reverb
    assert keys.compressor == {"threshold_db": -20, "ratio": 4, "attack_ms": 5, "release_ms": 80}
    assert doubles(mix.tracks) == [-1, 2, 1, -1, -1, -1]


def test_wild_values_are_clipped_or_dropped(tmp_path: Path) -> None:
    content = human_file(1)
    settings = content["mixes"][0]["tracks"][0]["parameters"]
    settings["gain"], settings["pan"] = -100_000, [1234]
    settings["eq"] = [
        {"type": "NOTCH", "value": {"freq": 5_293_250, "q": 1, "gain": 3}},
        {"type": "HS", "value": {"freq": 8000, "q": 0, "gain": 426}},
    ]
    track = read_human_mixes(written(tmp_path, content))[0].tracks[0]
    assert track.fader_db == -60
    assert track.pan == 1
    assert [(band.kind, band.gain_db) for band in track.bands] == [("high_shelf", 18)]


@pytest.mark.parametrize(
    "content", ["no JSON", "[]", '{"mixes": []}', '{"mixes": [{"song-name": "a"}]}', '{"mixes": 3}']
)
def test_an_unusable_file_is_named_in_one_line(tmp_path: Path, content: str) -> None:
    path = tmp_path / "human.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"human\.json") as caught:
        evaluate_engineers(path, tmp_path / "out", 0)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        evaluate_engineers(tmp_path / "nowhere.json", tmp_path, 0)


def test_level_re_the_mix_does_not_depend_on_how_loud_the_mix_is(tmp_path: Path) -> None:
    content = human_file(4)
    louder = copy.deepcopy(content)
    for track in louder["mixes"][0]["tracks"]:
        track["parameters"]["gain"] += 5
    first, second = (practice_of_people(read_human_mixes(written(tmp_path, c))) for c in (content, louder))
    np.testing.assert_allclose(first.level_db, second.level_db)
    power = 10 ** (first.level_db / 10)
    np.testing.assert_allclose(power.reshape(4, -1).sum(1), 1)


def test_spread_is_between_engineers_of_one_recording(tmp_path: Path) -> None:
    people = practice_of_people(read_human_mixes(written(tmp_path, human_file(8))))
    by_hand = [
        people.gain_db[people.recording == number].std()
        for number in np.unique(people.recording)
        if (people.recording == number).sum() >= 4
    ]
    np.testing.assert_allclose(sorted(spread_on_one_track(people.gain_db, people)), sorted(by_hand))
    assert not spread_on_one_track(people.recording.astype(float), people).any()


def test_virtual_engineers_mix_the_same_tracks(tmp_path: Path) -> None:
    mixes = read_human_mixes(written(tmp_path, human_file(4)))
    people, virtual = practice_of_people(mixes), practice_of_virtual_engineers(mixes, 3, 0)
    np.testing.assert_array_equal(virtual.instrument, np.tile(people.instrument, 3))
    np.testing.assert_array_equal(virtual.recording, np.tile(people.recording, 3))
    left, right = (virtual.pan[virtual.instrument == INSTRUMENTS.index("overheads")].reshape(-1, 2)).T
    np.testing.assert_allclose(left, -right, atol=1e-5)


def test_a_limit_that_is_not_met_is_said_in_words(tmp_path: Path) -> None:
    content = human_file()
    for mix in content["mixes"]:
        for track in mix["tracks"]:
            track["parameters"]["gain"] = 12.0 if track["track-name"] == "Kick" else -12.0
    report = compare_engineers(read_human_mixes(written(tmp_path, content)), 0, panels=2)
    misses = report["misses"]
    assert isinstance(misses, list)
    assert any(miss.startswith("kick: median level_db -") for miss in misses)
    assert any(miss.startswith("kick: use of high_pass -") for miss in misses)
    assert all(miss in table_of(report) for miss in misses)


def test_report_table_and_picture_are_written(tmp_path: Path) -> None:
    report = evaluate_engineers(written(tmp_path, human_file()), tmp_path / "out", 0)
    assert json.loads((tmp_path / "out" / "engineers.json").read_text()) == report
    assert (tmp_path / "out" / "engineers.txt").read_text() == table_of(report)
    assert (tmp_path / "out" / "engineers.png").read_bytes().startswith(b"\x89PNG")


def test_same_seed_same_report(tmp_path: Path) -> None:
    mixes = read_human_mixes(written(tmp_path, human_file(6)))
    assert compare_engineers(mixes, 1, 2) == compare_engineers(mixes, 1, 2)
    assert compare_engineers(mixes, 1, 2) != compare_engineers(mixes, 2, 2)


@pytest.mark.skipif(not HUMAN.is_file(), reason="needs the human mixes of ../shared/data/mixologydb")
def test_virtual_engineers_do_what_people_do() -> None:
    assert compare_engineers(read_human_mixes(HUMAN), 0)["misses"] == []
