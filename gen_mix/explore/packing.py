"""Mixes for other programs, packed into one file to download."""

import json
import secrets
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from gen_mix.explore.explorer import Explorer
from gen_mix.explore.history import Slot
from gen_mix.explore.jobs import Job
from gen_mix.export.alternatives import read_alternatives
from gen_mix.export.audio_files import AudioFormat
from gen_mix.export.formats import Export, write_export
from gen_mix.export.names import unique_names


def export(
    explorer: Explorer, session_id: str, job: Job, slots: Sequence[Slot], formats: Sequence[str], audio: AudioFormat
) -> None:
    """Write mixes in the formats of other programs, whole songs, as one zip file under a name nobody guesses."""
    job.reach(0.05, "Rendering the whole song")
    studio = explorer.studio(session_id)
    folder = explorer.workspace.root / "exports"
    folder.mkdir(exist_ok=True)
    for old in sorted(folder.glob("*.zip"), key=lambda path: path.stat().st_mtime)[:-3]:
        old.unlink(missing_ok=True)
    ticket = secrets.token_hex(16)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".writing-") as place:
        workshop = Path(place) / "export"
        workshop.mkdir()
        paths = [workshop / f"{name}.json" for name in unique_names([slot.name for slot in slots])]
        for path, slot in zip(paths, slots, strict=True):
            document = explorer.mix_facts(session_id, slot.mix)["document"]
            path.write_text(json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8")
        alternatives = tuple(read_alternatives(paths, studio.session))
        job.reach(0.1)
        write_export(workshop, Export(studio.session, alternatives, audio), list(formats))
        job.reach(0.8, "Packing")
        packed = Path(place) / "export.zip"
        _zip(workshop, packed, job)
        shutil.move(packed, folder / f"{ticket}.zip")
    size = (folder / f"{ticket}.zip").stat().st_size
    job.result = {"ticket": ticket, "name": f"{unique_names([studio.session.name])[0]}.zip", "bytes": size}


def _zip(folder: Path, target: Path, job: Job) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for place, path in enumerate(files):
            job.reach(0.8 + 0.19 * place / len(files))
            archive.write(path, path.relative_to(folder).as_posix())
