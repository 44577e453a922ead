"""Facts about ``gen-mix export``, the recall sheet and the names of files."""

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from gen_mix.cli import main
from gen_mix.export.mix_file import mix_document
from gen_mix.export.names import numbered_names, safe_name, unique_names
from gen_mix.export.recall import recall_markdown
from gen_mix.export.sheet import decibels, pan_words, sheet_of
from gen_mix.export.table import read_settings_csv
from gen_mix.mix import Mix
from gen_mix.sessions.folder import read_session, write_session
from gen_mix.sessions.instant import instant_session
from tests.console.desk import random_console
from tests.export.studio import random_export


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a session and two mixes of it."""
    import torch

    folder = tmp_path_factory.mktemp("song")
    made = instant_session(0, 3, seconds=1.0)
    write_session(
        replace(made, tracks=tuple(replace(track, double_of=None) for track in made.tracks[:3])), folder / "s"
    )
    session = read_session(folder / "s")
    for number in (1, 2):
        parameters = random_console(
            [track.is_stereo for track in session.tracks], 1, torch.Generator().manual_seed(number)
        )
        mix = Mix(session.tracks[0].audio, session.sample_rate, parameters, number, {"loudness_lufs": -20.0})
        (folder / f"mix_{number:02d}.json").write_text(json.dumps(mix_document(session, mix, "none")))
    return folder


def arguments(song: Path, out: Path, *formats: str) -> list[str]:
    return ["export", str(song / "mix_01.json"), "--session", str(song / "s"), "--out", str(out), "--to", *formats]


def test_a_mix_of_a_folder_is_exported_and_rendered_alike(song: Path, tmp_path: Path) -> None:
    assert main(arguments(song, tmp_path / "out", "stems", "csv")) == 0
    assert main(["render", str(song / "s"), str(song / "mix_01.json"), "--out", str(tmp_path / "mix.wav")]) == 0
    exported, _ = soundfile.read(tmp_path / "out" / "stems" / "mix_01" / "mix.wav")
    rendered, _ = soundfile.read(tmp_path / "mix.wav")
    assert abs(exported - rendered).max() <= 1e-5
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"stems", "settings.csv", "README.md"}
    assert list(read_settings_csv((tmp_path / "out" / "settings.csv").read_text())) == ["mix_01"]


@pytest.mark.parametrize("audio", ["wav32f", "flac"])
def test_audio_comes_as_asked(song: Path, tmp_path: Path, audio: str) -> None:
    assert main([*arguments(song, tmp_path / "out", "stems"), "--audio", audio]) == 0
    info = soundfile.info(next((tmp_path / "out" / "stems" / "mix_01").glob("mix.*")))
    assert (info.format, info.subtype) == {"wav32f": ("WAV", "FLOAT"), "flac": ("FLAC", "PCM_24")}[audio]


def test_what_is_there_is_kept_without_overwrite_and_replaced_with_it(song: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main(arguments(song, out, "stems")) == 0
    (out / "mine.txt").write_text("mine")
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    assert main(arguments(song, out, "recall")) == 2
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before
    assert main([*arguments(song, out, "stems", "recall"), "--overwrite"]) == 0
    assert (out / "mine.txt").read_text() == "mine"
    assert (out / "recall" / "mix_01.html").is_file()


def test_mistakes_are_named_in_one_line(song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.json").write_text("{")
    wrong = ["export", str(tmp_path / "broken.json"), "--session", str(song / "s"), "--out", str(tmp_path / "o")]
    assert main([*wrong, "--to", "csv"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    for section in ("Chorus", "-1=Chorus", "nan=Chorus", "3="):
        with pytest.raises(SystemExit) as stopped:
            main([*arguments(song, tmp_path / "o", "csv"), f"--section={section}"])
        assert stopped.value.code == 2
    assert not (tmp_path / "o").exists()


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("seed", range(3))
def test_the_recall_sheet_says_all_that_is_on_and_nothing_else(seed: int, tmp_path: Path) -> None:
    from gen_mix.export.recall import write_recall

    mix = random_export(seed).mixes[0]
    sheet, settings = sheet_of(mix), mix.alternative.settings
    for strip in sheet.strips:
        track = settings["tracks"][strip.place]
        on = [band for band in track["eq"]["bands"] if band["on"]]
        assert len(strip.lines) == track["high_pass"]["on"] + len(on) + track["compressor"]["on"]
        assert strip.level == decibels(track["staging_gain_db"] + track["fader_db"])
        assert (strip.reverb == "") == (track["sends"]["reverb_db"] is None)
    write_recall(tmp_path, mix)
    read = _Text()
    read.feed((tmp_path / "mix_01.html").read_text(encoding="utf-8"))
    assert not read.tags & {"script", "img", "link"}
    for line in (line for strip in sheet.strips for line in strip.lines):
        assert line.settings in read.text
        assert line.settings in recall_markdown(sheet)


def test_numbers_read_as_on_a_console() -> None:
    assert [decibels(value) for value in (-3.04, 0.04, -0.04, 12.0)] == [
        "−3.0\xa0dB",
        "0.0\xa0dB",
        "0.0\xa0dB",
        "+12.0\xa0dB",
    ]
    assert [pan_words(pan) for pan in (-1, -0.304, -0.002, 0, 0.5, 1)] == ["L 100", "L 30", "C", "C", "R 50", "R 100"]


@given(st.lists(st.text(max_size=80), max_size=12))
def test_names_of_files_are_safe_and_unique(texts: list[str]) -> None:
    for names in (unique_names(texts), numbered_names(texts)):
        assert len({name.lower() for name in names}) == len(texts)
        for name in names:
            assert name
            assert not set(name) & set('/\\:*?"<>|\0\n')
            assert name.strip(" .") == name
            assert not name.startswith("-")


@pytest.mark.parametrize("name", ["CON", "nul.txt", "Com1", "..", "", "-rf", "a/b", "x" * 300, " kick. "])
def test_what_systems_reserve_is_changed(name: str) -> None:
    safe = safe_name(name)
    assert safe != name
    assert 0 < len(safe) <= 61
    assert safe.split(".")[0].lower() not in ("con", "nul", "com1")
