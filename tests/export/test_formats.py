"""Facts about every format: what is written is valid, complete, adds up, and says the same settings again."""

import io
import math
import zipfile
from pathlib import Path
from xml.etree.ElementTree import fromstring

import numpy as np
import pytest
import soundfile

from gen_mix.export.dawproject.checks import problems_of
from gen_mix.export.dawproject.reading import read_dawproject
from gen_mix.export.formats import EXPORTERS, write_export
from gen_mix.export.readme import Export
from gen_mix.export.reaper.reading import read_reaper
from gen_mix.export.reaper.rpp import parse
from gen_mix.export.table import read_settings_csv
from gen_mix.rendering import render_mix
from tests.export.studio import audio_of, dbfs, normal, random_export

SCHEMAS = Path(__file__).with_name("dawproject_schema")
FEW, MANY = range(0, 10), range(10, 200)


def written(export: Export, folder: Path) -> Path:
    folder.mkdir()
    write_export(folder, export, list(EXPORTERS))
    return folder


def check(export: Export, folder: Path) -> None:
    written(export, folder)
    check_stems(export, folder)
    check_packages(folder)
    check_reaper(folder)
    check_settings(export, folder)


def check_stems(export: Export, folder: Path) -> None:
    for mix in export.mixes:
        files = sorted((folder / "stems" / mix.alternative.name).iterdir())
        parts = [audio_of(file) for file in files if file.stem != "mix"]
        whole = audio_of(next(file for file in files if file.stem == "mix"))
        assert len(parts) == len(export.session.tracks) + len(mix.returns)
        assert dbfs(np.abs(sum(parts) - whole).max()) <= -90
        ours = render_mix(export.session, mix.alternative.parameters, mix.alternative.target_lufs).audio
        assert dbfs(np.abs(whole - ours.numpy()).max()) <= -130  # 24 bits


def check_packages(folder: Path) -> None:
    packages = sorted((folder / "dawproject").iterdir())
    assert [package.stem.rpartition(" ")[2] for package in packages] == ["editable", "exact"]
    for package in packages:
        assert problems_of(package) == []


def check_reaper(folder: Path) -> None:
    path = next((folder / "reaper").glob("*.RPP"))
    text = path.read_text(encoding="utf-8")
    project = parse(text)
    assert project.text() == text
    tracks = project.blocks("TRACK")
    depth = [int(track.lines("ISBUS")[0][2]) for track in tracks]
    assert sum(depth) == 0
    assert min(np.cumsum(depth)) >= 0
    for place, track in enumerate(tracks):
        assert all(0 <= int(line[1]) < place for line in track.lines("AUXRECV"))
        assert all(math.isfinite(float(word)) for word in track.lines("VOLPAN")[0][1:])
        for source in (source for item in track.blocks("ITEM") for source in item.blocks("SOURCE")):
            assert (path.parent / str(source.lines("FILE")[0][1])).is_file()
        for effect in (effect for chain in track.blocks("FXCHAIN") for effect in chain.blocks("JS")):
            assert (path.parent / "Effects" / str(effect.words[1])).is_file()


def check_settings(export: Export, folder: Path) -> None:
    read = {
        "csv": read_settings_csv((folder / "settings.csv").read_text(encoding="utf-8")),
        "dawproject": read_dawproject(next((folder / "dawproject").glob("* editable.dawproject"))),
        "rpp": read_reaper(next((folder / "reaper").glob("*.RPP"))),
    }
    for source, mixes in read.items():
        for alternative in export.alternatives:
            said, meant = (
                normal(settings, export.session) for settings in (mixes[alternative.name], alternative.settings)
            )
            for strip, other in zip(said["tracks"], meant["tracks"], strict=True):
                if source == "csv":
                    assert strip["name"] == other["name"].replace("\r", "\n")
                assert strip.pop("staging_gain_db") == pytest.approx(other.pop("staging_gain_db"), abs=1e-6)
                assert {**strip, "name": ""} == {**other, "name": ""}, source
            assert (said["buses"], said["master"]) == (meant["buses"], meant["master"]), source


@pytest.mark.parametrize("seed", FEW)
def test_a_random_mix_goes_into_every_format_and_back(seed: int, tmp_path: Path) -> None:
    check(random_export(seed), tmp_path / "out")


@pytest.mark.slow
@pytest.mark.parametrize("seed", MANY)
def test_many_random_mixes_go_into_every_format_and_back(seed: int, tmp_path: Path) -> None:
    check(random_export(seed, tracks=1 + seed % 5), tmp_path / "out")


def check_schema(export: Export, folder: Path) -> None:
    etree = pytest.importorskip("lxml.etree")
    written(export, folder)
    for path in (folder / "dawproject").iterdir():
        with zipfile.ZipFile(path) as package:
            for schema, name in (("Project", "project.xml"), ("MetaData", "metadata.xml")):
                document = etree.fromstring(package.read(name)).getroottree()
                etree.XMLSchema(etree.parse(SCHEMAS / f"{schema}.xsd")).assertValid(document)


@pytest.mark.parametrize("seed", range(2))
def test_packages_follow_the_official_schema(seed: int, tmp_path: Path) -> None:
    check_schema(random_export(seed, mixes=2), tmp_path / "out")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 200))
def test_many_packages_follow_the_official_schema(seed: int, tmp_path: Path) -> None:
    check_schema(random_export(seed, tracks=1 + seed % 5), tmp_path / "out")


def test_alternatives_lie_side_by_side_and_only_the_first_is_heard(tmp_path: Path) -> None:
    export = random_export(3, mixes=3)
    folder = written(export, tmp_path / "out")
    names = [alternative.name for alternative in export.alternatives]
    assert sorted(path.name for path in (folder / "stems").iterdir()) == names
    project = parse(next((folder / "reaper").glob("*.RPP")).read_text(encoding="utf-8"))
    folders = [track for track in project.blocks("TRACK") if track.lines("ISBUS")[0][1] == "1"]
    assert [track.lines("NAME")[0][1] for track in folders] == names
    assert [track.lines("MUTESOLO")[0][1] for track in folders] == ["0", "1", "1"]
    for package in (folder / "dawproject").iterdir():
        with zipfile.ZipFile(package) as archive:
            groups = fromstring(archive.read("project.xml")).findall("Structure/Track[@contentType='tracks']")
        assert [group.get("name") for group in groups] == names
        muted = [group.find("Channel/Mute").get("value") for group in groups]
        assert muted == ["false", "true", "true"]


def test_the_exact_package_plays_the_mix(tmp_path: Path) -> None:
    export = random_export(5)
    folder = written(export, tmp_path / "out")
    with zipfile.ZipFile(next((folder / "dawproject").glob("* exact.dawproject"))) as archive:
        project = fromstring(archive.read("project.xml"))
        assert {volume.get("value") for volume in project.iter("Volume")} == {"1"}
        assert {pan.get("value") for pan in project.iter("Pan")} == {"0.5"}
        assert not list(project.iter("Devices"))
        files = [io.BytesIO(archive.read(file.get("path"))) for file in project.iter("File")]
    heard = sum(soundfile.read(file, always_2d=True)[0].T for file in files)
    assert dbfs(np.abs(heard - export.mixes[0].finished.audio.numpy()).max()) <= -90


def test_the_same_mix_exports_the_same_bytes(tmp_path: Path) -> None:
    one, other = (written(random_export(6), tmp_path / name) for name in ("one", "other"))
    files = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(other) for path in other.rglob("*") if path.is_file())
    assert all((one / file).read_bytes() == (other / file).read_bytes() for file in files)


def test_the_readme_names_every_mix_and_says_what_a_format_cannot(tmp_path: Path) -> None:
    text = (written(random_export(7, mixes=2), tmp_path / "out") / "README.md").read_text(encoding="utf-8")
    assert "mix_01, mix_02" in text.splitlines()[0]
    for title in ("Stems", "Recall sheet", "Settings table", "DAWproject", "REAPER project"):
        assert f"## {title}" in text
    assert text.count("cannot say") >= 4
