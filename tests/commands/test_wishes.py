"""Facts about wishes on the command line: they are met, told, and refused in one line."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gen_mix.cli import main
from gen_mix.sessions.folder import write_session
from gen_mix.sessions.instant import instant_session


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a short session of three tracks called One, Two and Three."""
    made = instant_session(0, 3, seconds=1.0)
    tracks = tuple(
        replace(track, name=name, double_of=None)
        for track, name in zip(made.tracks[:3], ("One", "Two", "Three"), strict=True)
    )
    folder = tmp_path_factory.mktemp("sessions") / "song"
    write_session(replace(made, tracks=tracks), folder)
    return folder


@pytest.fixture(scope="module")
def mixed(song: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of two mixes of `song`."""
    out = tmp_path_factory.mktemp("out") / "mixes"
    assert main(["sample", str(song), "--out", str(out), "--mixes", "2"]) == 0
    return out


def tracks(path: Path) -> dict[str, Any]:
    """Return the tracks of a mix's file by name."""
    return {track["name"]: track for track in json.loads(path.read_text())["tracks"]}


def test_wishes_are_met_and_the_file_says_so(song: Path, mixed: Path, tmp_path: Path) -> None:
    options = ["--start-from", str(mixed / "mix_01.json"), "--strength", "0.6", "--lock", "One", "--set", "two.pan=-1"]
    assert main(["sample", str(song), "--out", str(tmp_path / "out"), "--mixes", "1", *options]) == 0
    found = tracks(tmp_path / "out" / "mix_01.json")
    assert found["One"] == tracks(mixed / "mix_01.json")["One"]
    assert found["Two"]["pan"] == -1.0
    conditions = json.loads((tmp_path / "out" / "mix_01.json").read_text())["conditions"]
    assert [entry["met"] for entry in conditions["settings"]] == [1.0, 1.0]
    assert conditions["start_from"]["mix"] == "mix_01.json"


def test_lock_with_a_value_is_set(song: Path, tmp_path: Path) -> None:
    for option in ("--lock", "--set"):
        out = tmp_path / option
        assert main(["sample", str(song), "--out", str(out), "--mixes", "1", option, "One.fader_db=-3"]) == 0
    assert (tmp_path / "--lock/mix_01.wav").read_bytes() == (tmp_path / "--set/mix_01.wav").read_bytes()


def test_the_varied_are_chosen_and_a_chosen_seed_is_the_same_mix_alone(song: Path, tmp_path: Path) -> None:
    assert main(["sample", str(song), "--out", str(tmp_path / "some"), "--mixes", "2", "--from", "12"]) == 0
    report = json.loads((tmp_path / "some" / "report.json").read_text())
    assert report["selection"]["candidates"] == 12
    seed = report["mixes"][1]["seed"]
    assert main(["sample", str(song), "--out", str(tmp_path / "one"), "--mixes", "1", "--seed", str(seed)]) == 0
    assert (tmp_path / "one" / "mix_01.wav").read_bytes() == (tmp_path / "some" / "mix_02.wav").read_bytes()


def test_a_bounce_is_a_place_to_start_from(song: Path, mixed: Path, tmp_path: Path) -> None:
    options = ["--start-from", str(mixed / "mix_02.wav"), "--strength", "0", "--mixes", "1"]
    assert main(["sample", str(song), "--out", str(tmp_path / "out"), *options]) == 0
    found, truth = tracks(tmp_path / "out" / "mix_01.json"), tracks(mixed / "mix_02.json")
    assert all(abs(found[name]["pan"] - truth[name]["pan"]) < 0.2 for name in truth)


def test_a_journey_ends_at_both_mixes(song: Path, mixed: Path, tmp_path: Path) -> None:
    ends = [str(mixed / f"mix_0{number}.json") for number in (1, 2)]
    options = ["--session", str(song), "--steps", "3", "--way", "straight"]
    assert main(["travel", *ends, *options, "--out", str(tmp_path / "way")]) == 0
    for here, there in ((1, 1), (3, 2)):
        assert tracks(tmp_path / f"way/mix_0{here}.json") == tracks(mixed / f"mix_0{there}.json")
        audios = [(folder / f"mix_0{n}.wav").read_bytes() for folder, n in ((tmp_path / "way", here), (mixed, there))]
        assert audios[0] == audios[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--lock", "One"], "--start-from"),
        (["--set", "Oen.pan=0"], "nearest: One"),
        (["--set", "One.pam=0"], "nearest: pan"),
        (["--set", "One.pan=0.3..-0.3"], "expected a range from low to high"),
        (["--set", "One.pan=2"], "expected -1 to 1"),
        (["--strength", "0.5"], "--start-from"),
        (["--start-from", "nowhere.json"], "nowhere.json"),
        (["--start-from", "nowhere.wav"], "nowhere.wav"),
        (["--amount", "loudness=1"], "--amount"),
        (["--mixes", "4", "--from", "2"], "--from 2"),
        (["--like", "OTHER"], "mix.json"),
        (["--start-from", "OTHER"], "mix.json"),
        (["--goal", "One.loudnes=-6"], "nearest: loudness"),
        (["--goal", "reference<0.2"], "--reference"),
        (["--goal-strength", "0.5"], "expected a --goal"),
        (["--text-encoder", "somewhere"], "expected words"),
    ],
)
def test_a_wish_that_cannot_be_is_one_line(
    options: list[str], message: str, song: Path, mixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads((mixed / "mix_01.json").read_text())
    document["tracks"][0]["file"] = "other.wav"
    other = tmp_path / "mix.json"
    other.write_text(json.dumps(document))
    chosen = [str(other) if option == "OTHER" else option for option in options]
    capsys.readouterr()
    assert main(["sample", str(song), "--out", str(tmp_path / "out"), *chosen]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert message in said
    assert not (tmp_path / "out").exists()


def test_a_reference_and_a_prompt_are_followed_and_told(song: Path, mixed: Path, tmp_path: Path) -> None:
    options = ["--reference", f"{mixed / 'mix_01.wav'}@0-1=0.5", "--reference-for", "tone", "--prompt", "warmer"]
    assert main(["sample", str(song), "--out", str(tmp_path / "out"), "--mixes", "1", *options]) == 0
    conditions = json.loads((tmp_path / "out" / "mix_01.json").read_text())["conditions"]
    assert conditions["reference"]["references"] == [
        {"file": "mix_01.wav", "weight": 0.5, "aspects": ["tone"], "seconds": [0.0, 1.0]}
    ]
    assert conditions["reference"]["missed_by_spreads"] > 0
    assert conditions["prompt"]["understood"][0]["attribute"] == "warmth"


def test_references_that_cannot_be_used_are_one_line(
    song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.wav").write_bytes(b"RIFF....nothing")
    for options in (
        ["--reference", str(tmp_path / "broken.wav")],
        ["--reference", str(tmp_path / "nowhere.wav")],
        ["--reference-for", "tone"],
        ["--prompt", ""],
        ["--prompt", "\x00\x01"],
    ):
        assert main(["sample", str(song), "--out", str(tmp_path / "out"), *options]) == 2
        assert len(capsys.readouterr().err.strip().splitlines()) == 1
        assert not (tmp_path / "out").exists()
