"""What the page is told of a session, as plain values."""

from pathlib import Path
from typing import Any

from gen_mix.console.filters import band_type
from gen_mix.console.layout import BUS_TOKENS, EQ_BANDS, LAYOUT, TRACK
from gen_mix.explore.explorer import Explorer
from gen_mix.explore.hearing import NAMES, track_views
from gen_mix.explore.history import Slot
from gen_mix.explore.records import SECTION_SECONDS, record_views
from gen_mix.explore.studio import TARGET_LUFS, WHOLE_SECONDS
from gen_mix.explore.work import MIX, map_places
from gen_mix.explore.workspace import Kept
from gen_mix.export.audio_files import AUDIO_FORMATS
from gen_mix.export.formats import EXPORTERS

_MOST_DOWN_LU = 12.0


def session_line(kept: Kept) -> dict[str, Any]:
    """Return a session as one line of the list."""
    tracks = [track.name for track in kept.tracks]
    return {"id": kept.id, "name": kept.name, "tracks": tracks, "mixes": len(kept.history.scene.slots)}


def session_view(explorer: Explorer, session_id: str) -> dict[str, Any]:
    """Return all that changes of a session."""
    # In this order: what a job has done by the time that it is told as done is then told too.
    version = explorer.version(session_id)
    jobs = [job.to_json() for job in explorer.jobs.of(session_id)]
    kept = explorer.kept(session_id)
    history = kept.history
    places = map_places(explorer, session_id, [slot.mix for slot in history.scene.slots])
    return {
        "version": version,
        "id": kept.id,
        "name": kept.name,
        "is_open": explorer.is_open(session_id),
        "is_folder": kept.folder is not None,
        "recordings": [{"name": track.name, "seconds": track.seconds} for track in kept.tracks],
        "jobs": jobs,
        **_with_gains(
            [_slot(explorer, session_id, slot, places) for slot in history.scene.slots], record_views(explorer, kept)
        ),
        "locks": list(history.scene.locks),
        "history": {
            "here": history.here,
            "moments": [{"id": m.id, "parent": m.parent, "label": m.label} for m in history.moments.values()],
            "names": dict(history.names),
            "can_undo": history.moments[history.here].parent is not None,
            "can_redo": history.ahead.get(history.here) is not None,
        },
        **(_opened(explorer, kept) if explorer.is_open(session_id) else {}),
    }


def _opened(explorer: Explorer, kept: Kept) -> dict[str, Any]:
    studio = explorer.studio(kept.id)
    return {
        "tracks": track_views(studio, kept.history.scene.told),
        "instruments": list(NAMES.items()),
        "sample_rate": studio.session.sample_rate,
        "excerpt": {
            "start": studio.start_seconds,
            "seconds": studio.excerpt_seconds,
            "of": studio.session.seconds,
            "is_whole": studio.session.seconds <= WHOLE_SECONDS,
        },
        "notes": [_with_names(note, kept) for note in studio.session.notes],
        "has_map": (explorer.workspace.folder(kept.id) / "map.json").exists(),
    }


def _with_names(note: str, kept: Kept) -> str:
    """Return a note with the name of the track that it is about, for that of its file here nobody knows."""
    for track in kept.tracks:
        note = note.replace(f"tracks/{track.file}", track.name)
    return note


def _slot(explorer: Explorer, session_id: str, slot: Slot, places: dict[str, list[float]]) -> dict[str, Any]:
    facts = explorer.mix_facts(session_id, slot.mix)["facts"]
    return {
        "id": slot.id,
        "name": slot.name,
        "mix": slot.mix,
        "verdict": slot.verdict,
        "origin": facts["origin"],
        "kind": facts.get("kind", MIX),
        "loudness_lufs": facts["loudness_lufs"],
        "gain_db": facts["gain_db"],
        "place": places.get(slot.mix),
        "has_audio": explorer.workspace.audio_path(session_id, slot.mix).exists(),
    }


def _with_gains(slots: list[dict[str, Any]], records: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return mixes and records with two factors each, at most 1: all equally loud, and as the console left them.

    A record that is much softer is heard softer: it must not take all mixes down with it. Its other factor is 1.
    """
    loud = [slot["loudness_lufs"] if slot["loudness_lufs"] is not None else 0.0 for slot in slots]
    natural = [loudness - slot["gain_db"] for loudness, slot in zip(loud, slots, strict=True)]
    softest = min(
        [*loud, *(max(record["loudness_lufs"], TARGET_LUFS - _MOST_DOWN_LU) for record in records)], default=0
    )

    def matched(loudness: float) -> float:
        return round(min(1.0, 10 ** ((softest - loudness) / 20)), 5)

    return {
        "slots": [
            {**slot, "matched_gain": matched(loudness), "natural_gain": round(10 ** ((own - max(natural)) / 20), 5)}
            for slot, loudness, own in zip(slots, loud, natural, strict=True)
        ],
        "records": [
            {**record, "matched_gain": matched(record["loudness_lufs"]), "natural_gain": 1.0} for record in records
        ],
    }


def console_description() -> dict[str, Any]:
    """Return which knobs there are, their units, ranges and scales, for the page to draw."""
    kinds = {
        kind: [
            {"name": s.name, "unit": s.unit, "low": s.low, "high": s.high, "default": s.default, "scale": s.scale}
            for s in LAYOUT.specs(kind)
        ]
        for kind in (*BUS_TOKENS, TRACK)
    }
    return {"kinds": kinds, "bands": [{"name": band, "type": band_type(band)} for band in EQ_BANDS]}


def example_folder() -> Path | None:
    """Return where the song of the repository is, or None for an installed package."""
    folder = Path(__file__).parents[2] / "examples" / "session"
    return folder if folder.is_dir() else None


def welcome(explorer: Explorer) -> dict[str, Any]:
    """Return what the first page shows."""
    limits = explorer.limits
    return {
        "sessions": [session_line(kept) for kept in explorer.sessions()],
        "limits": {
            "file_bytes": limits.file_bytes,
            "track_seconds": limits.track_seconds,
            "tracks": limits.tracks,
            "mixes": limits.mixes,
            "records": limits.records,
            "section_seconds": SECTION_SECONDS,
        },
        "console": console_description(),
        "formats": list(EXPORTERS),
        "audio": list(AUDIO_FORMATS),
        "has_example": example_folder() is not None,
        "model_is_ready": explorer.model_is_ready,
    }
