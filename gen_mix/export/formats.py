"""The formats that a mix can be taken away in."""

from collections.abc import Callable, Sequence
from pathlib import Path

from gen_mix.export.dawproject.export import export_dawproject
from gen_mix.export.readme import Export, Part, readme_text
from gen_mix.export.reaper.export import export_reaper
from gen_mix.export.recall import export_recall
from gen_mix.export.stems import export_stems
from gen_mix.export.table import export_table

__all__ = ["EXPORTERS", "Export", "write_export"]

EXPORTERS: dict[str, Callable[[Path, Export], Part]] = {
    "stems": export_stems,
    "recall": export_recall,
    "csv": export_table,
    "dawproject": export_dawproject,
    "rpp": export_reaper,
}
"""By the names that the command line has for them; each writes its own files into a folder."""


def write_export(folder: Path, export: Export, formats: Sequence[str]) -> None:
    """Write `export` into the empty `folder` in each of `formats`, with a ``README.md``."""
    parts = [EXPORTERS[name](folder, export) for name in dict.fromkeys(formats)]
    (folder / "README.md").write_text(readme_text(export, parts), encoding="utf-8")
