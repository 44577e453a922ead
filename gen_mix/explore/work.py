"""What is done in the background: opening a session, sampling mixes, surveying, taking away."""

import json
import secrets
import shutil
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from gen_mix.audio import read_audio, resample
from gen_mix.evaluation.atlas import atlas_from_json, atlas_to_json
from gen_mix.explore.choosing import choose, kept_settings
from gen_mix.explore.explorer import Explorer
from gen_mix.explore.history import History, Scene, Slot
from gen_mix.explore.jobs import Job
from gen_mix.explore.studio import TARGET_LUFS, Studio, wave_bytes
from gen_mix.explore.workspace import Kept, new_id
from gen_mix.export.alternatives import read_alternatives
from gen_mix.export.audio_files import AUDIO_FORMATS
from gen_mix.export.formats import Export, write_export
from gen_mix.export.mix_file import mix_document
from gen_mix.export.names import unique_names
from gen_mix.files import write_whole
from gen_mix.mix import Mix, MixParameters
from gen_mix.sessions.written import as_written
from gen_mix.steering.rough import fit_rough
from gen_mix.wishes import Amounts, Example, Wishes

FIRST_MIXES = 4


@dataclass(frozen=True)
class Request:
    """Mixes that are asked for.

    Attributes:
        count: How many.
        base: Id of the slot to start from, or None.
        strength: How far from there, 0 to 1.
        seeds: Of the mixes; None for the next ones.
        amounts: How much is done.
        by_taste: Whether to come nearer to favourites and keep away from what was rejected.
    """

    count: int
    base: str | None = None
    strength: float = 1.0
    seeds: tuple[int, ...] | None = None
    amounts: Amounts = field(default_factory=Amounts)
    by_taste: bool = False


def open_session(explorer: Explorer, session_id: str, job: Job) -> None:
    """Read and hear the tracks, sample the first mixes, then draw the map."""
    job.reach(0.02, "Loading the model")
    explorer.pipeline()
    job.reach(0.1, "Listening to the tracks")
    studio = explorer.studio(session_id)
    if not explorer.kept(session_id).history.scene.slots:
        sample(explorer, session_id, job, Request(FIRST_MIXES), (0.25, 0.75))
    survey(explorer, session_id, studio, job, (0.75, 0.9))
    if explorer.kept(session_id).wants_rough:
        add_rough_mix(explorer, session_id, studio, job)
    _render_missing(explorer, session_id, studio)


def sample(
    explorer: Explorer, session_id: str, job: Job, request: Request, span: tuple[float, float] = (0.0, 1.0)
) -> None:
    """Sample and render mixes; each is there as soon as it can be heard."""
    studio = explorer.studio(session_id)
    kept = explorer.kept(session_id)
    wishes = _wishes(explorer, studio, kept, request)
    steering = None if wishes == Wishes() else studio.pipeline.steer(studio.session, studio.condition, wishes)
    seeds = request.seeds or tuple(range(kept.seeds, kept.seeds + request.count))
    if request.seeds is None:
        explorer.change(session_id, lambda old: replace(old, seeds=old.seeds + request.count))
    moment: int | None = None
    for place, seed in enumerate(seeds):
        done = span[0] + (span[1] - span[0]) * place / len(seeds)
        job.reach(done, f"Mix {place + 1} of {len(seeds)}")
        choice = choose(studio, seed, steering)
        job.reach(done + 0.3 * (span[1] - span[0]) / len(seeds))
        origin = _origin(wishes, seed)
        mix_id = keep_mix(explorer, session_id, studio, choice.parameters, origin, seed, choice.intent)
        moment = _append(explorer, session_id, mix_id, moment)


def survey(explorer: Explorer, session_id: str, studio: Studio, job: Job, span: tuple[float, float]) -> None:
    """Fix the map and the spread of settings of a session, once and for all; then place mixes that have no place."""
    stored = explorer.workspace.read_json(session_id, "map.json")
    if stored is None:
        surveyed = studio.survey(lambda share: job.reach(span[0] + share * (span[1] - span[0]), "Drawing the map"))
        stored = {"atlas": atlas_to_json(surveyed.atlas), "spread": surveyed.spread}
        explorer.workspace.write_json(session_id, "map.json", stored)
    explorer.touch(session_id)


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
    origin = f"your rough mix, {fit.explained:.0%} explained"
    mix_id = keep_mix(explorer, session_id, studio, parameters, origin, 0)
    slot = Slot(new_id(), "Rough mix", mix_id)
    explorer.change_history(
        session_id,
        lambda history: history.then(slot.name, replace(history.scene, slots=(*history.scene.slots, slot))),
    )


def keep_mix(
    explorer: Explorer,
    session_id: str,
    studio: Studio,
    parameters: MixParameters,
    origin: str,
    seed: int,
    intent: Mapping[str, float] | None = None,
) -> str:
    """Render a mix, and keep its settings and its sound; return its id."""
    rendered = studio.render(parameters)
    asked = {"loudness_lufs": TARGET_LUFS, "origin": origin}
    mix = Mix(rendered.audio, studio.session.sample_rate, parameters, seed, asked, intent or {})
    document = mix_document(studio.session, mix, studio.pipeline.name)
    facts = {
        "origin": origin,
        "loudness_lufs": round(rendered.loudness_lufs, 2) if rendered.loudness_lufs > -200 else None,
        "gain_db": round(rendered.gain_db, 2),
        "heard": [[round(float(value), 4) for value in track] for track in studio.hear(parameters)[0]],
    }
    mix_id = explorer.workspace.write_mix(session_id, {"document": document, "facts": facts})
    write_audio_file(explorer, session_id, mix_id, studio, parameters)
    return mix_id


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


def _wishes(explorer: Explorer, studio: Studio, kept: Kept, request: Request) -> Wishes:
    scene = kept.history.scene

    def example(slot: Slot) -> Example:
        document = explorer.mix_facts(kept.id, slot.mix)["document"]
        return Example(slot.name, studio.parameters(document), document["intent"])

    def judged(verdict: str) -> tuple[Example, ...]:
        return tuple(example(slot) for slot in scene.slots if slot.verdict == verdict) if request.by_taste else ()

    ordered = [studio.session.tracks[place] for place in studio.order]
    return Wishes(
        settings=() if request.base is None else kept_settings(scene.locks, ordered),
        start=None if request.base is None else example(scene.slot(request.base)),
        strength=request.strength,
        amounts=request.amounts,
        liked=judged("favourite"),
        disliked=judged("rejected"),
    )


def _origin(wishes: Wishes, seed: int) -> str:
    """Return in words how a mix came about."""
    parts = [] if wishes.start is None else [f"{round(wishes.strength * 100)} % away from {wishes.start.name}"]
    parts += ["by your taste"] if wishes.liked or wishes.disliked else []
    return ", ".join([*parts, f"seed {seed}"])


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


def export(explorer: Explorer, session_id: str, job: Job, slots: Sequence[Slot], formats: Sequence[str]) -> None:
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
        write_export(workshop, Export(studio.session, alternatives, AUDIO_FORMATS["wav24"]), list(formats))
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
