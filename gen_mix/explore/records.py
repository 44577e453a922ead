"""Records that new mixes are to sound like: taken in, measured, listened to, and where on the map they stand."""

import io
from dataclasses import replace
from typing import Any

import soundfile
import torch
from torch import Tensor

from gen_mix.audio import read_audio
from gen_mix.errors import InputError
from gen_mix.explore.explorer import Explorer
from gen_mix.explore.history import History, Likeness
from gen_mix.explore.intake import Upload, take_in
from gen_mix.explore.workspace import Kept, KeptTrack, new_id
from gen_mix.loudness import loudness_lufs
from gen_mix.steering.production import ASPECTS, SPREADS, measure_production
from gen_mix.steering.references import FURTHEST, reference_of
from gen_mix.wishes import Reference

SECTION_SECONDS = 10.0
"""How much of a record is measured and listened to."""

_RIDGE = 8.0
"""Of the regression: as if eight more samples said that what is measured says nothing of the place."""


def take_record(explorer: Explorer, session_id: str, upload: Upload) -> KeptTrack:
    """Take in a record, of which the most typical loud section counts until another is asked for.

    Raises:
        InputError: It is no audio, larger than it may be, or nothing can be taken from it.
    """
    explorer.workspace.write(explorer.kept(session_id))  # a session of an earlier version has no folder for it
    file_id = new_id()
    path = explorer.workspace.record_path(session_id, file_id)
    limits = replace(explorer.limits, track_seconds=explorer.limits.record_seconds)
    name = upload.name
    taken = take_in(upload, path, limits)
    try:
        record = measured(explorer, session_id, name, file_id, None)

        def add(kept: Kept) -> Kept:
            explorer.room_for_record(kept)
            return replace(kept, history=_with(kept.history, f"record {name} taken in", record))

        explorer.change(session_id, add)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return KeptTrack(name, path.name, taken.seconds, taken.channels, taken.bytes_decoded)


def measured(explorer: Explorer, session_id: str, name: str, file_id: str, start: float | None) -> Likeness:
    """Measure a section of a record, keep what comes out, and return it as a wish at full weight.

    Args:
        explorer: Where the session is.
        session_id: Of the session.
        name: What a person calls the record.
        file_id: Of its sound.
        start: Where the section begins, in seconds; None for the most typical loud one.

    Raises:
        InputError: Nothing can be taken from it.
    """
    file = read_audio(explorer.workspace.record_path(session_id, file_id))
    seconds = file.audio.shape[1] / file.sample_rate
    span = None if start is None else _span(start, seconds)
    try:
        reference = reference_of(file, name, span, 1.0, tuple(ASPECTS))
    except InputError as error:
        raise InputError(f"{name}: {error}") from error
    first, last = (round(edge * file.sample_rate) for edge in reference.seconds)
    loudness = loudness_lufs(file.audio[:, first:last].expand(2, -1), file.sample_rate)
    if loudness < -200:
        raise InputError(f"{name}: expected a sound, got next to silence")
    facts = {
        "record": file_id,
        "name": name,
        "seconds": round(seconds, 2),
        "section": reference.seconds,
        "offers": reference.aspects,
        "sound": [round(value, 3) for value in reference.sound],
        "loudness_lufs": round(loudness, 2),
    }
    return Likeness(file_id, explorer.workspace.write_record(session_id, facts), 1.0, reference.aspects)


def _span(start: float, seconds: float) -> tuple[float, float]:
    length = min(SECTION_SECONDS, seconds)
    first = min(max(start, 0.0), seconds - length)
    return first, first + length


def _with(history: History, label: str, record: Likeness) -> History:
    scene = history.scene
    return history.then(label, replace(scene, records=(*scene.records, record)))


def references_of(explorer: Explorer, kept: Kept) -> tuple[Reference, ...]:
    """Return what the records of the present scene come to as wishes."""
    found = []
    for record in kept.history.scene.records:
        facts = explorer.record_facts(kept.id, record.section)
        if record.weight > 0:
            first, last = facts["section"]
            found.append(Reference(facts["name"], tuple(facts["sound"]), record.weight, record.aspects, (first, last)))
    return tuple(found)


def section_bytes(explorer: Explorer, session_id: str, section_id: str) -> bytes:
    """Return a section of a record as a WAV file, stereo, as loud as it is."""
    facts = explorer.record_facts(session_id, section_id)
    with soundfile.SoundFile(explorer.workspace.record_path(session_id, facts["record"])) as file:
        first, last = (round(edge * file.samplerate) for edge in facts["section"])
        file.seek(first)
        frames, rate = file.read(last - first, dtype="float32", always_2d=True), file.samplerate
    buffer = io.BytesIO()
    # Floating point: what was an MP3 may reach beyond full scale, and is only brought down when it is heard.
    soundfile.write(buffer, frames.repeat(2 // frames.shape[1], axis=1), rate, format="WAV", subtype="FLOAT")
    return buffer.getvalue()


def sound_of_mix(explorer: Explorer, session_id: str, mix_id: str) -> list[float]:
    """Return how the rendered excerpt of a mix sounds as records do, see `measure_production`.

    Raises:
        InputError: It is not rendered, or silent.
    """
    path = explorer.workspace.audio_path(session_id, mix_id)
    if not path.is_file():
        raise InputError("audio: expected one that is rendered, got none")
    file = read_audio(path)
    if not bool((file.audio.abs() > 1e-5).any()):
        raise InputError("audio: expected a sound, got silence")
    return [round(value, 3) for value in measure_production(file.audio, file.sample_rate).tolist()]


def place_of(facts: dict[str, Any], production: Tensor, background: Tensor) -> tuple[list[float], float]:
    """Return where on the map a record stands, and how many spreads the nearest sample is from it.

    A finished record says nothing of tracks, which the axes of the map are about. It stands where a mix that measures
    like it is to be expected: by ridge regression of the samples' places on what they measure, in spreads. What is
    further from the usual mix than a record is followed counts as that far.

    Args:
        facts: Of the record.
        production: How the samples of the map sound (samples, len(PRODUCTION)).
        background: Where they lie (samples, 2).
    """
    columns = [place for aspect in facts["offers"] for place in range(*ASPECTS[aspect].indices(len(SPREADS)))]
    spreads = SPREADS.double()[columns]
    measured, wanted = (
        production.double()[:, columns] / spreads,
        torch.tensor(facts["sound"]).double()[columns] / spreads,
    )
    usual, middle = measured.mean(0), background.double().mean(0)
    offsets = measured - usual
    gram = offsets.T @ offsets + _RIDGE * torch.eye(len(columns), dtype=torch.float64)
    slopes = torch.linalg.solve(gram, offsets.T @ (background.double() - middle))
    place = middle + (wanted - usual).clamp(-FURTHEST, FURTHEST) @ slopes
    apart = (measured - wanted).square().mean(-1).sqrt().min()
    return [round(value, 4) for value in place.tolist()], round(float(apart), 2)


def record_views(explorer: Explorer, kept: Kept) -> list[dict[str, Any]]:
    """Return the records of the present scene for the page, with their places on the map where that is drawn."""
    stored = explorer.workspace.read_json(kept.id, "map.json") if kept.history.scene.records else None
    production = None if stored is None else stored.get("production")
    views = []
    for record in kept.history.scene.records:
        facts = explorer.record_facts(kept.id, record.section)
        view: dict[str, Any] = {"id": record.id, "weight": record.weight, "aspects": list(record.aspects)}
        view |= {"sounds": record.section, "place": None, "apart": None}
        if stored is not None and production is not None:
            background = torch.tensor(stored["atlas"]["background"])
            view["place"], view["apart"] = place_of(facts, torch.tensor(production), background)
        told = ("name", "seconds", "section", "offers", "sound", "loudness_lufs")
        views.append(view | {key: facts[key] for key in told})
    return views
