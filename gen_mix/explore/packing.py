"""Mixes for other programs, packed into one file to download."""

import json
import secrets
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from gen_mix.explore.explorer import Explorer
from gen_mix.explore.history import Slot
from gen_mix.explore.jobs import Job
from gen_mix.export.alternatives import alternatives_of
from gen_mix.export.audio_files import AudioFormat
from gen_mix.export.formats import Export, write_export
from gen_mix.export.mix_file import mix_in
from gen_mix.export.names import unique_names
from gen_mix.export.size import check_room


@dataclass(frozen=True)
class Order:
    """What is to be taken away.

    Attributes:
        slots: The mixes.
        formats: Of `EXPORTERS`.
        audio: Of the audio files.
    """

    slots: tuple[Slot, ...]
    formats: tuple[str, ...]
    audio: AudioFormat


def export_of(explorer: Explorer, session_id: str, order: Order) -> Export:
    """Return the mixes of an order, not rendered yet."""
    session = explorer.studio(session_id).session
    documents = [explorer.mix_facts(session_id, slot.mix)["document"] for slot in order.slots]
    mixes = [mix_in(document, session, slot.name) for document, slot in zip(documents, order.slots, strict=True)]
    names = unique_names([slot.name for slot in order.slots])
    return Export(session, tuple(alternatives_of(session, names, mixes)), order.audio)


def exports_folder(explorer: Explorer) -> Path:
    """Return where exports wait to be fetched."""
    return explorer.workspace.root / "exports"


def write_order(explorer: Explorer, session_id: str, job: Job, order: Order) -> None:
    """Write mixes in the formats of other programs, whole songs, as one zip file under a name nobody guesses."""
    job.reach(0.05, "Rendering the whole song")
    export = export_of(explorer, session_id, order)
    folder = exports_folder(explorer)
    folder.mkdir(exist_ok=True)
    for old in sorted(folder.glob("*.zip"), key=lambda path: path.stat().st_mtime)[:-3]:
        old.unlink(missing_ok=True)
    check_room(folder, export, order.formats, "disk")
    ticket = secrets.token_hex(16)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".writing-") as place:
        workshop = Path(place) / "export"
        workshop.mkdir()
        for alternative, slot in zip(export.alternatives, order.slots, strict=True):
            document = explorer.mix_facts(session_id, slot.mix)["document"]
            text = json.dumps(document, indent=1, ensure_ascii=False)
            (workshop / f"{alternative.name}.json").write_text(text, encoding="utf-8")
        job.reach(0.1)
        write_export(workshop, export, order.formats)
        job.reach(0.8, "Packing")
        packed = Path(place) / "export.zip"
        _zip(workshop, packed, job)
        shutil.move(packed, folder / f"{ticket}.zip")
    size = (folder / f"{ticket}.zip").stat().st_size
    job.result = {"ticket": ticket, "name": f"{unique_names([export.session.name])[0]}.zip", "bytes": size}


def _zip(folder: Path, target: Path, job: Job) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for place, path in enumerate(files):
            job.reach(0.8 + 0.19 * place / len(files))
            archive.write(path, path.relative_to(folder).as_posix())
            path.unlink()  # or an export would need its room twice
