"""A ``.dawproject``: a ZIP of ``project.xml``, ``metadata.xml`` and audio, the same bytes every time."""

import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

from gen_mix.export.alternatives import Section
from gen_mix.export.dawproject.project import GroupPlan, metadata_xml, project_xml

_FIRST_DATE = (1980, 1, 1, 0, 0, 0)


def write_package(
    path: Path, title: str, comment: str, groups: Sequence[GroupPlan], sections: Sequence[Section], audio: Path
) -> None:
    """Write the package at `path`; every file of the folder `audio` moves into its ``audio/``."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(_entry("project.xml"), project_xml(groups, sections))
        package.writestr(_entry("metadata.xml"), metadata_xml(title, comment))
        for file in sorted(audio.iterdir()):
            entry = _entry(f"audio/{file.name}")
            entry.compress_type = zipfile.ZIP_STORED
            entry.file_size = file.stat().st_size
            with file.open("rb") as source, package.open(entry, "w") as target:
                shutil.copyfileobj(source, target)
            file.unlink()  # or a package would need its room twice


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _FIRST_DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry
