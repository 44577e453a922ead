"""Facts about the checks of a DAWproject: whatever the schema lets pass and no program can use, they find."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring, tostring

import pytest

from gen_mix.errors import InputError
from gen_mix.export.dawproject.checks import problems_of
from gen_mix.export.dawproject.reading import read_dawproject
from gen_mix.export.formats import write_export
from tests.export.studio import random_export


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    write_export(folder, random_export(0), ["dawproject"])
    return next((folder / "dawproject").glob("* editable.dawproject"))


def rewritten(package: Path, to: Path, change: Callable[[Element], None], leave_out: str = "") -> Path:
    with zipfile.ZipFile(package) as old, zipfile.ZipFile(to, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "project.xml":
                project = fromstring(content)
                change(project)
                content = tostring(project)
            if not leave_out or leave_out not in name:
                new.writestr(name, content)
    return to


def _set(path: str, attribute: str, value: str) -> Callable[[Element], None]:
    def change(project: Element) -> None:
        project.find(path).set(attribute, value)

    return change


def _second_master(project: Element) -> None:
    project.find(".//Channel[@role='effect']").set("role", "master")


def _circle(project: Element) -> None:
    group = project.find(".//Channel[@role='submix']")
    group.set("destination", group.get("id"))


CHANGES = {
    "not a number": (_set(".//Volume", "value", "NaN"), "finite"),
    "a decimal comma": (_set(".//Volume", "value", "0,708"), "finite"),
    "too loud": (_set(".//Volume", "value", "3"), "expected 0 to 2"),
    "pan outside": (_set(".//Pan", "value", "-0.2"), "expected 0 to 1"),
    "a negative attack": (_set(".//Limiter/Attack", "value", "-1"), "expected 0"),
    "an identifier to nowhere": (_set(".//Channel[@role='effect']", "destination", "id9999"), "nowhere"),
    "an identifier of another kind": (_set(".//Channel[@role='effect']", "destination", "id1"), "is a Arrangement"),
    "an identifier twice": (_set(".//Channel[@role='effect']", "id", "id1"), "twice"),
    "two masters": (_second_master, "one master"),
    "a circle": (_circle, "does not lead to the master"),
    "a file that is not there": (_set(".//File", "path", "audio/none.wav"), "not in the package"),
    "a clip too long": (_set(".//Clip", "duration", "99"), "expected"),
    "a file too long": (_set(".//Audio", "duration", "99"), "expected"),
    "other channels": (_set(".//Audio", "channels", "6"), "channels"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_fault_is_found(what: str, package: Path, tmp_path: Path) -> None:
    change, said = CHANGES[what]
    assert problems_of(package) == []
    problems = problems_of(rewritten(package, tmp_path / "broken.dawproject", change))
    assert any(said in problem for problem in problems), problems


def test_missing_and_unsafe_files_are_found(package: Path, tmp_path: Path) -> None:
    def nothing(project: Element) -> None:
        pass

    assert problems_of(rewritten(package, tmp_path / "a", nothing, leave_out="metadata")) == ["metadata.xml is missing"]
    assert problems_of(rewritten(package, tmp_path / "b", nothing, leave_out=".wav"))
    unsafe = rewritten(package, tmp_path / "c", nothing)
    with zipfile.ZipFile(unsafe, "a") as archive:
        archive.writestr("../outside.wav", b"")
    assert problems_of(unsafe) == ["../outside.wav is not safe to unpack"]


def test_what_is_no_package_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "text.dawproject").write_text("no")
    assert len(problems_of(tmp_path / "text.dawproject")) == 1
    with pytest.raises(InputError, match=r"text\.dawproject: expected"):
        read_dawproject(tmp_path / "text.dawproject")
