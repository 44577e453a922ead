"""What is done in the background: opening a session, sampling mixes, surveying."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from gen_mix.audio import read_audio, resample
from gen_mix.errors import InputError
from gen_mix.evaluation.atlas import atlas_from_json, atlas_to_json
from gen_mix.explore.asking import Request, origin_of, wishes_of
from gen_mix.explore.choosing import choose
from gen_mix.explore.explorer import Explorer
from gen_mix.explore.history import History, Scene, Slot
from gen_mix.explore.intake import Upload
from gen_mix.explore.jobs import Job
from gen_mix.explore.records import take_record
from gen_mix.explore.studio import TARGET_LUFS, Studio, wave_bytes
from gen_mix.explore.workspace import new_id
from gen_mix.export.mix_file import mix_document
from gen_mix.files import write_whole
from gen_mix.mix import Mix, MixParameters
from gen_mix.sessions.written import as_written
from gen_mix.steering.rough import fit_rough
from gen_mix.wishes import Wishes

FIRST_MIXES = 4

MIX, ROUGH = "mix", "rough"
"""What stands behind a mix: the model or a hand on the console; a person's own bounce."""

_BY_HAND = ", moved by hand"


def open_session(explorer: Explorer, session_id: str, job: Job) -> None:
    """Read and hear the tracks, sample the first mixes, then draw the map."""
    job.reach(0.02, "Loading the model")
    explorer.pipeline()
    job.reach(0.1, "Listening to the tracks")
    studio = explorer.studio(session_id)
    if seeds := _first_seeds(explorer, session_id):
        add_reference(explorer, session_id)
        explorer.change(session_id, lambda kept: replace(kept, seeds=max(kept.seeds, FIRST_MIXES)))
        sample(explorer, session_id, job, Request(len(seeds), seeds=seeds), (0.25, 0.75))
    survey(explorer, session_id, studio, job, (0.75, 0.9))
    if explorer.kept(session_id).wants_rough:
        add_rough_mix(explorer, session_id, studio, job)
    _render_missing(explorer, session_id, studio)


def _first_seeds(explorer: Explorer, session_id: str) -> tuple[int, ...]:
    """Return the seeds of the first mixes that are not there: all, or what an end in the middle left undone."""
    history = explorer.kept(session_id).history
    if history.scene.slots and sum(bool(moment.scene.slots) for moment in history.moments.values()) > 1:
        return ()
    documents = [explorer.mix_facts(session_id, slot.mix)["document"] for slot in history.scene.slots]
    there = {document["seed"] for document in documents}
    return tuple(seed for seed in range(FIRST_MIXES) if seed not in there)


def sample(
    explorer: Explorer, session_id: str, job: Job, request: Request, span: tuple[float, float] = (0.0, 1.0)
) -> None:
    """Sample and render mixes; each is there as soon as it can be heard."""
    studio = explorer.studio(session_id)
    kept = explorer.kept(session_id)
    wishes = wishes_of(explorer, studio, kept, request)
    steering = None if wishes == Wishes() else studio.pipeline.steer(studio.session, studio.condition, wishes)
    job.result = {"notes": [] if steering is None else list(steering.notes)}
    seeds = request.seeds or tuple(range(kept.seeds, kept.seeds + request.count))
    if request.seeds is None:
        explorer.change(session_id, lambda old: replace(old, seeds=old.seeds + request.count))
    moment: int | None = None
    for place, seed in enumerate(seeds):
        done = span[0] + (span[1] - span[0]) * place / len(seeds)
        job.reach(done, f"Mix {place + 1} of {len(seeds)}")
        choice = choose(studio, seed, steering)
        job.reach(done + 0.3 * (span[1] - span[0]) / len(seeds))
        origin = Origin(origin_of(wishes, seed), seed, choice.intent, choice.met)
        mix_id = keep_mix(explorer, session_id, studio, choice.parameters, origin)
        moment = _append(explorer, session_id, mix_id, moment)


def survey(explorer: Explorer, session_id: str, studio: Studio, job: Job, span: tuple[float, float]) -> None:
    """Fix the map and the spread of settings of a session, once and for all; then place mixes that have no place."""
    stored = explorer.workspace.read_json(session_id, "map.json")
    if stored is None or "production" not in stored:
        surveyed = studio.survey(lambda share: job.reach(span[0] + share * (span[1] - span[0]), "Drawing the map"))
        drawn = {
            "atlas": atlas_to_json(surveyed.atlas),
            "spread": surveyed.spread,
            "production": [[round(value, 3) for value in sample] for sample in surveyed.production.tolist()],
        }
        explorer.workspace.write_json(session_id, "map.json", drawn | (stored or {}))  # what was there stays
    explorer.touch(session_id)


def add_reference(explorer: Explorer, session_id: str) -> None:
    """Take in the record that lies in a folder of this machine beside the tracks, once."""
    kept = explorer.kept(session_id)
    path = explorer.workspace.reference(kept) if kept.folder else None
    if path is not None and not any(moment.scene.records for moment in kept.history.moments.values()):
        with suppress(InputError):  # the tracks can be mixed without it
            take_record(explorer, session_id, Upload(path, path.stem, explorer.room_for_record(kept)))


def add_rough_mix(explorer: Explorer, session_id: str, studio: Studio, job: Job) -> None:
    """Put the settings that come nearest to a person's own bounce among the mixes, once."""
    job.reach(0.9, "Listening to your rough mix")
    path = explorer.workspace.rough_mix(explorer.kept(session_id))
    explorer.change(session_id, lambda kept: replace(kept, wants_rough=False))
    if path is None:
        return
    rate = studio.session.sample_rate
    bounce = read_audio(path)
    stereo = resample(bounce.audio, bounce.sample_rate, rate).expand(2, -1)
    fit = fit_rough(studio.session, stereo, rate)
    parameters = as_written(studio.session, fit.parameters)
    origin = Origin(f"your rough mix, {100 * fit.explained:.0f} % found again", kind=ROUGH)
    mix_id = keep_mix(explorer, session_id, studio, parameters, origin)
    slot = Slot(new_id(), "Rough mix", mix_id)
    explorer.change_history(
        session_id,
        lambda history: history.then(slot.name, replace(history.scene, slots=(*history.scene.slots, slot))),
    )


@dataclass(frozen=True)
class Origin:
    """How a mix came about.

    Attributes:
        words: The same for a person.
        seed: Of the mix; 0 for one that was not sampled.
        intent: Session-wide choices by name.
        met: What was wished for and how far it was met.
        kind: `MIX` or `ROUGH`.
    """

    words: str
    seed: int = 0
    intent: Mapping[str, float] = field(default_factory=dict)
    met: Mapping[str, object] = field(default_factory=dict)
    kind: str = MIX


def keep_mix(explorer: Explorer, session_id: str, studio: Studio, parameters: MixParameters, origin: Origin) -> str:
    """Render a mix, and keep its settings and its sound; return its id."""
    rendered = studio.render(parameters)
    asked = {"loudness_lufs": TARGET_LUFS, "origin": origin.words, **origin.met}
    mix = Mix(rendered.audio, studio.session.sample_rate, parameters, origin.seed, asked, origin.intent)
    document = mix_document(studio.session, mix, studio.pipeline.name)
    facts = {
        "origin": origin.words,
        "kind": origin.kind,
        "loudness_lufs": round(rendered.loudness_lufs, 2) if rendered.loudness_lufs > -200 else None,
        "gain_db": round(rendered.gain_db, 2),
        "heard": [[round(float(value), 4) for value in track] for track in studio.hear(parameters)[0]],
    }
    mix_id = explorer.workspace.write_mix(session_id, {"document": document, "facts": facts})
    write_audio_file(explorer, session_id, mix_id, studio, parameters)
    return mix_id


def keep_move(explorer: Explorer, session_id: str, studio: Studio, parameters: MixParameters, slot: Slot) -> str:
    """Keep what a hand on the console made of the mix in a slot; return its id."""
    before = explorer.mix_facts(session_id, slot.mix)
    words, document = before["facts"]["origin"].removesuffix(_BY_HAND) + _BY_HAND, before["document"]
    kind = before["facts"].get("kind", MIX)
    origin = Origin(words, document["seed"], document["intent"], kind=kind)
    return keep_mix(explorer, session_id, studio, parameters, origin)


def write_audio_file(
    explorer: Explorer, session_id: str, mix_id: str, studio: Studio, parameters: MixParameters
) -> Path:
    """Write the excerpt of a mix where the page finds it."""
    path = explorer.workspace.audio_path(session_id, mix_id)
    write_whole(path, wave_bytes(studio.render(parameters).audio, studio.session.sample_rate))
    return path


def forget_audio(explorer: Explorer, session_id: str) -> None:
    """Delete all rendered excerpts of a session: another excerpt is heard from now on."""
    for path in (explorer.workspace.folder(session_id) / "audio").glob("*.wav"):
        path.unlink(missing_ok=True)


def move_excerpt(explorer: Explorer, session_id: str, job: Job, start_seconds: float) -> None:
    """Hear another part of a long song."""
    studio = explorer.studio(session_id)
    job.reach(0.05, "Moving the excerpt")
    studio.move_excerpt(start_seconds)
    forget_audio(explorer, session_id)
    explorer.change(session_id, lambda kept: replace(kept, excerpt_start=studio.start_seconds))
    slots = explorer.kept(session_id).history.scene.slots
    for place, slot in enumerate(slots):
        job.reach(0.1 + 0.9 * place / len(slots), f"Rendering {slot.name}")
        parameters = studio.parameters(settings_in(explorer, session_id, slot.mix))
        write_audio_file(explorer, session_id, slot.mix, studio, parameters)
        explorer.touch(session_id)


def _render_missing(explorer: Explorer, session_id: str, studio: Studio) -> None:
    for slot in explorer.kept(session_id).history.scene.slots:
        if not explorer.workspace.audio_path(session_id, slot.mix).exists():
            parameters = studio.parameters(settings_in(explorer, session_id, slot.mix))
            write_audio_file(explorer, session_id, slot.mix, studio, parameters)
    explorer.touch(session_id)


def settings_in(explorer: Explorer, session_id: str, mix_id: str) -> dict[str, Any]:
    """Return the settings of a kept mix: its tracks, buses and master."""
    document = explorer.mix_facts(session_id, mix_id)["document"]
    return {key: document[key] for key in ("tracks", "buses", "master")}


def map_places(explorer: Explorer, session_id: str, mix_ids: Sequence[str]) -> dict[str, list[float]]:
    """Return where mixes are on the map, by id; nothing before there is one."""
    stored = explorer.workspace.read_json(session_id, "map.json")
    if stored is None or not mix_ids:
        return {}
    atlas = atlas_from_json(stored["atlas"])
    heard = torch.tensor([explorer.mix_facts(session_id, mix_id)["facts"]["heard"] for mix_id in mix_ids])
    return {
        mix_id: [round(float(v), 4) for v in spot] for mix_id, spot in zip(mix_ids, atlas.place(heard), strict=True)
    }


def _append(explorer: Explorer, session_id: str, mix_id: str, moment: int | None) -> int:
    """Put a mix behind the others; mixes of one job are one moment."""

    def change(history: History) -> History:
        grown = with_mix(history.scene, None, mix_id)
        slot = grown.slots[-1]
        if moment is None:
            return history.then(f"{slot.name} sampled", grown)
        first = (
            history.moments[moment].label.split(" to ")[0].removesuffix(" sampled") if moment in history.moments else ""
        )
        return history.amended(moment, f"{first} to {slot.name} sampled" if first else f"{slot.name} sampled", grown)

    return explorer.change_history(session_id, change).history.here


def with_mix(scene: Scene, slot: Slot | None, mix_id: str) -> Scene:
    """Return the scene with a mix in `slot`, or in a new one."""
    if slot is not None:
        return scene.with_slot(replace(scene.slot(slot.id), mix=mix_id))
    return replace(scene, slots=(*scene.slots, Slot(new_id(), next_name(scene), mix_id)))


def next_name(scene: Scene) -> str:
    """Return a name that no slot has."""
    taken = {slot.name for slot in scene.slots}
    number = len(scene.slots) + 1
    while f"Mix {number}" in taken:
        number += 1
    return f"Mix {number}"
