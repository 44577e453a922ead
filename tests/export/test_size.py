"""Facts about how large an export is said to be."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gen_mix.cli import main
from gen_mix.export.audio_files import AUDIO_FORMATS
from gen_mix.export.formats import EXPORTERS, write_export
from gen_mix.export.readme import Export
from gen_mix.export.size import bytes_words, export_bytes, smaller_forms
from gen_mix.sessions.instant import instant_session
from tests.console.desk import random_console
from tests.export.studio import alternative
from tests.export.test_export_command import arguments, song

__all__ = ["song"]


def music(seed: int, mixes: int, form: str) -> Export:
    """Return some mixes of seconds of made music, of which two widen alike."""
    made = instant_session(0, seed, seconds=3.0)
    session = replace(made, tracks=tuple(replace(track, double_of=None) for track in made.tracks[:5]))
    generator = torch.Generator().manual_seed(seed)
    consoles = random_console([track.is_stereo for track in session.tracks], mixes, generator)
    chosen = [consoles[number] for number in range(mixes)]
    alternatives = [alternative(session, mix, f"mix_{place}") for place, mix in enumerate([*chosen, chosen[0]])]
    return Export(session, tuple(alternatives), AUDIO_FORMATS[form])


def written_bytes(export: Export, folder: Path, formats: list[str]) -> int:
    """Return what an export takes on disk."""
    folder.mkdir()
    write_export(folder, export, formats)
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("form", ["wav24", "wav32f"])
@pytest.mark.parametrize("format_name", ["stems", "dawproject", "rpp"])
def test_what_is_written_is_as_large_as_was_said(format_name: str, form: str, tmp_path: Path) -> None:
    for seed in range(2):
        export = music(seed, 2, form)
        said = export_bytes(export, [format_name])
        assert written_bytes(export, tmp_path / str(seed), [format_name]) == pytest.approx(said, rel=0.1)


def test_all_formats_together_are_as_large_as_they_are_alone(tmp_path: Path) -> None:
    export = music(2, 1, "wav24")
    said = export_bytes(export, list(EXPORTERS))
    assert said == sum(export_bytes(export, [name]) for name in EXPORTERS)
    assert written_bytes(export, tmp_path / "out", list(EXPORTERS)) == pytest.approx(said, rel=0.1)


def test_flac_takes_no_more_than_was_said_and_is_offered_as_the_smallest(tmp_path: Path) -> None:
    export = music(3, 1, "wav32f")
    sizes = smaller_forms(export, ["stems"])
    assert list(sizes) == ["wav24", "flac"]
    flac = replace(export, form=AUDIO_FORMATS["flac"])
    assert smaller_forms(flac, ["stems"]) == {}
    assert written_bytes(flac, tmp_path / "out", ["stems"]) <= sizes["flac"]


def test_a_disk_without_room_is_told_before_anything_is_written(
    song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage._replace(free=200_000))
    assert main(arguments(song, tmp_path / "deep" / "out", "stems")) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        f"gen-mix export: --out {tmp_path / 'deep' / 'out'}: expected room for about 1 MB (as flac 0.7 MB), "
        "got 0.2 MB free"
    ]
    assert list(tmp_path.iterdir()) == []
    assert main([*arguments(song, tmp_path / "out", "csv")]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "to be written: about 0.1 MB"


def test_sizes_are_said_as_people_say_them() -> None:
    sizes = [0, 120_000, 949_999, 960_000, 35_400_000, 999_400_000, 999_600_000, 12_340_000_000]
    assert [bytes_words(size) for size in sizes] == [
        "0.1 MB",
        "0.1 MB",
        "0.9 MB",
        "1 MB",
        "35 MB",
        "999 MB",
        "1.0 GB",
        "12.3 GB",
    ]
