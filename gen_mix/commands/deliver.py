"""What every command that mixes writes: audio, settings, a page to listen and a report."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from gen_mix.audio import write_audio
from gen_mix.evaluation.heard import hear, take_excerpts
from gen_mix.export.map_drawing import FEWEST, draw_map
from gen_mix.export.mix_file import mix_document
from gen_mix.export.page import PageMix, page_html
from gen_mix.export.report import Delivered, report_document
from gen_mix.limiter import Finished
from gen_mix.mix import Mix, MixParameters
from gen_mix.sessions.session import Session
from gen_mix.steering.choosing import Selection


def deliver(folder: Path, name: str, session: Session, mix: Mix, finished: Finished, model: str) -> Delivered:
    """Write ``{name}.wav`` and ``{name}.json`` of one mix, and return what was written."""
    document = mix_document(session, mix, model)
    write_audio(folder / f"{name}.wav", mix.audio, mix.sample_rate)
    (folder / f"{name}.json").write_text(_json(document), encoding="utf-8")
    return Delivered(f"{name}.wav", mix, document, finished.loudness_lufs, finished.true_peak_dbtp)


def deliver_overview(
    folder: Path,
    session: Session,
    delivered: Sequence[Delivered],
    seconds: Mapping[str, float],
    notes: Sequence[str],
    selection: Selection | None = None,
) -> dict[str, Any]:
    """Write ``index.html`` and ``report.json`` of some mixes, and return the report."""
    pages = [PageMix(d.file, dict(d.document), d.loudness_lufs, d.true_peak_dbtp) for d in delivered]
    (folder / "index.html").write_text(page_html(session.name, pages, _map(session, delivered)), encoding="utf-8")
    report = report_document(session.name, delivered, seconds, notes)
    if selection is not None:
        report["selection"] = {
            "candidates": selection.candidates,
            "left_out_as_odd": selection.left_out,
            "usual_distance": round(selection.usual_distance, 3),
            "mean_distance": round(selection.mean_distance, 3),
            "nearest_distance": round(selection.nearest_distance, 3),
            "sameness": round(selection.sameness, 3),
        }
    (folder / "report.json").write_text(_json(report), encoding="utf-8")
    return report


def _map(session: Session, delivered: Sequence[Delivered]) -> str:
    """Return the map of some mixes, where they are enough to span one."""
    if len(delivered) < FEWEST:
        return ""
    parameters = [item.mix.parameters for item in delivered]
    together = MixParameters(torch.cat([p.normalized for p in parameters]), torch.cat([p.mask for p in parameters]))
    heard = hear(take_excerpts(session), together)
    return draw_map(heard, range(1, len(delivered) + 1), [track.name for track in session.tracks])


def _json(document: object) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
