"""What a page can ask of the server: one function per request, each given ids and plain values, never a path."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from starlette.responses import JSONResponse, Response

from gen_mix.errors import InputError
from gen_mix.explore import work
from gen_mix.explore.asking import prompt_in, prompt_view, request_in
from gen_mix.explore.choosing import between_knobs, between_latents
from gen_mix.explore.explorer import Explorer
from gen_mix.explore.history import VERDICTS, History, Scene
from gen_mix.explore.locks import lock_names
from gen_mix.explore.reading import name_in, number, spot_in, whole_number
from gen_mix.explore.studio import Studio, wave_bytes
from gen_mix.explore.views import example_folder, session_view, welcome
from gen_mix.explore.workspace import Kept, checked_id, new_id
from gen_mix.mix import MixParameters
from gen_mix.sessions.written import as_written


@dataclass(frozen=True)
class Call:
    """A request that was let in.

    Attributes:
        ids: Out of the address.
        body: The JSON that came with it.
        query: What stands behind the question mark.
    """

    ids: Mapping[str, str]
    body: Mapping[str, Any]
    query: Mapping[str, str]

    @property
    def session(self) -> str:
        """Id of the session it is about."""
        return checked_id(self.ids["session"])


Handler = Callable[[Explorer, Call], Response]


class BusyError(Exception):
    """As much waits as may."""


def hello(explorer: Explorer, call: Call) -> Response:
    """Answer with what the first page shows."""
    return JSONResponse(welcome(explorer))


def new_session(explorer: Explorer, call: Call) -> Response:
    """Begin a session that files are then sent to."""
    kept = Kept(id=new_id(), name=name_in(call.body, "name"))
    explorer.add(kept)
    return JSONResponse({"id": kept.id}, 201)


def new_example(explorer: Explorer, call: Call) -> Response:
    """Begin with the song that comes with the repository."""
    folder = example_folder()
    if folder is None:
        raise InputError("example: expected the folder examples/session of the repository, got nothing there")
    kept = Kept(id=new_id(), name="Example song", folder=str(folder))
    explorer.add(kept)
    return JSONResponse({"id": kept.id}, 201)


def remove_session(explorer: Explorer, call: Call) -> Response:
    """Delete a session with all that was made of it."""
    explorer.kept(call.session)
    explorer.remove(call.session)
    return JSONResponse({})


def open_session(explorer: Explorer, call: Call) -> Response:
    """Start to read the tracks and to sample the first mixes."""
    kept = explorer.kept(call.session)
    if not kept.folder and not kept.tracks:
        raise InputError("tracks: expected at least one, got none")
    running = [j for j in explorer.jobs.of(kept.id) if j.kind == "open" and j.status in ("waiting", "running")]
    if not running and not (explorer.is_open(kept.id) and kept.history.scene.slots):
        explorer.submit(kept.id, "open", "Opening", lambda job: work.open_session(explorer, kept.id, job))
    return view(explorer, call)


def view(explorer: Explorer, call: Call) -> Response:
    """Answer with the state of a session; with ``after``, once it is another than that version."""
    explorer.kept(call.session)
    if "after" in call.query:
        explorer.wait(call.session, whole_number(call.query["after"], "after", 0, 2**53), seconds=20.0)
    return JSONResponse(session_view(explorer, call.session))


def settings(explorer: Explorer, call: Call) -> Response:
    """Answer with the settings of a mix, which never change."""
    return JSONResponse(work.settings_in(explorer, call.session, call.ids["mix"]))


def survey(explorer: Explorer, call: Call) -> Response:
    """Answer with the map's background and words, and the spread of every knob."""
    stored = explorer.workspace.read_json(call.session, "map.json")
    if stored is None:
        return JSONResponse({"error": "map: expected one that is drawn, got none yet"}, 404)
    atlas = stored["atlas"]
    parts = {key: atlas[key] for key in ("background", "directions")}
    return JSONResponse({**parts, "spread": stored["spread"]})


def overview(explorer: Explorer, call: Call) -> Response:
    """Answer with how loud the whole song is, for choosing an excerpt."""
    return JSONResponse({"levels": _studio(explorer, call).overview()})


def sample(explorer: Explorer, call: Call) -> Response:
    """Start to sample mixes."""
    kept = explorer.kept(call.session)
    stored = explorer.workspace.read_json(call.session, "map.json") or {"atlas": {"seeds": []}}
    request = request_in(call.body, kept, stored["atlas"]["seeds"])
    _check_room(explorer, kept, request.count)
    job = explorer.submit(kept.id, "sample", "Sampling", lambda job: work.sample(explorer, kept.id, job, request))
    return JSONResponse({"job": job.id}, 202)


def words(explorer: Explorer, call: Call) -> Response:
    """Answer with what words are taken to mean."""
    return JSONResponse(prompt_view(prompt_in(call.body)))


def preview(explorer: Explorer, call: Call) -> Response:
    """Answer with the sound of settings, of a mix with some tracks alone, or of a place between mixes."""
    studio = _studio(explorer, call)
    parameters = _wanted(explorer, call, studio)
    is_heard = call.body.get("heard")
    if is_heard is None:
        is_heard = [True] * len(studio.session.tracks)
    if not isinstance(is_heard, list) or len(is_heard) != len(studio.session.tracks):
        raise InputError(f"heard: expected {len(studio.session.tracks)} switches, got something else")
    switches = [bool(value) for value in is_heard]

    def render() -> bytes:
        return wave_bytes(studio.render_some(parameters, switches).audio, studio.session.sample_rate)

    sound = explorer.preview(render)
    if sound is None:
        raise BusyError
    return Response(sound, media_type="audio/wav")


def keep(explorer: Explorer, call: Call) -> Response:
    """Keep settings that were tried: in their slot if one is named, as a new mix if not."""
    studio = _studio(explorer, call)
    parameters = _wanted(explorer, call, studio)
    label = name_in(call.body, "label")
    scene = explorer.kept(call.session).history.scene
    slot = None if call.body.get("slot") is None else scene.slot(str(call.body["slot"]))
    if slot is None:
        _check_room(explorer, explorer.kept(call.session), 1)
    if slot is None:
        mix_id = work.keep_mix(explorer, call.session, studio, parameters, work.Origin(label))
    else:
        mix_id = work.keep_move(explorer, call.session, studio, parameters, slot)

    def then(history: History) -> History:
        scene = work.with_mix(history.scene, slot, mix_id)
        name = next(one.name for one in scene.slots if one.mix == mix_id)
        return history.then(f"{name}: {label}", scene)

    explorer.change_history(call.session, then)
    return JSONResponse({"mix": mix_id}, 201)


def rename(explorer: Explorer, call: Call) -> Response:
    """Give a session another name."""
    name = name_in(call.body, "name")
    explorer.change(call.session, lambda kept: replace(kept, name=name))
    if explorer.is_open(call.session):
        explorer.studio(call.session).rename(name)
    return JSONResponse({})


def change_slot(explorer: Explorer, call: Call) -> Response:
    """Give a mix another name, or say what one thinks of it."""
    slot = explorer.kept(call.session).history.scene.slot(call.ids["slot"])
    label = f"{slot.name} renamed"
    if "name" in call.body:
        slot = replace(slot, name=name_in(call.body, "name"))
    if "verdict" in call.body:
        if call.body["verdict"] not in VERDICTS:
            raise InputError(f"verdict: expected one of {', '.join(VERDICTS)}, got something else")
        slot = replace(slot, verdict=call.body["verdict"])
        label = f"{slot.name}: {slot.verdict or 'no verdict'}"
    changed = slot
    explorer.change_history(call.session, lambda history: history.then(label, history.scene.with_slot(changed)))
    return JSONResponse({})


def set_locks(explorer: Explorer, call: Call) -> Response:
    """Say what is locked."""
    locks = call.body.get("locks")
    known = lock_names(len(_studio(explorer, call).session.tracks))
    if not isinstance(locks, list) or not set(map(str, locks)) <= set(known):
        raise InputError("locks: expected names of what can be locked, got something else")
    chosen = tuple(name for name in known if name in locks)
    label = f"{len(chosen)} locked" if chosen else "nothing locked"

    def lock(scene: Scene) -> Scene:
        return replace(scene, locks=chosen)

    explorer.change_history(call.session, lambda history: history.then(label, lock(history.scene)))
    return JSONResponse({})


def travel(explorer: Explorer, call: Call) -> Response:
    """Undo, redo, or go to any moment; name the present one, or forget a name."""
    action = call.body.get("action")
    if action in ("undo", "redo"):
        explorer.change_history(call.session, lambda h: h.undo() if action == "undo" else h.redo())
    elif action == "go":
        moment = whole_number(call.body.get("moment"), "moment", 0, 2**31)
        explorer.change_history(call.session, lambda h: h.go(moment))
    elif action in ("name", "forget"):
        name = name_in(call.body, "name")
        explorer.change_history(call.session, lambda h: h.named(name) if action == "name" else h.without_name(name))
    else:
        raise InputError("action: expected undo, redo, go, name or forget, got something else")
    return JSONResponse({})


def move_excerpt(explorer: Explorer, call: Call) -> Response:
    """Start to hear another part of a long song."""
    start = number(call.body.get("start"), "start", 0.0, 1e6)
    session = call.session
    job = explorer.submit(
        session, "excerpt", "Moving the excerpt", lambda job: work.move_excerpt(explorer, session, job, start)
    )
    return JSONResponse({"job": job.id}, 202)


def cancel(explorer: Explorer, call: Call) -> Response:
    """Stop a job."""
    found = explorer.cancel(checked_id(call.ids["job"]))
    return JSONResponse({}, 200 if found else 404)


def _studio(explorer: Explorer, call: Call) -> Studio:
    if not explorer.is_open(call.session):
        explorer.kept(call.session)
        raise InputError("session: expected an opened one, got one that is closed")
    return explorer.studio(call.session)


def _wanted(explorer: Explorer, call: Call, studio: Studio) -> MixParameters:
    """Return the parameters that a request tells: ``settings``, a ``mix``, or the way ``between`` some."""
    body = call.body
    if "settings" in body:
        if not isinstance(body["settings"], Mapping):
            raise InputError("settings: expected an object, got something else")
        return as_written(studio.session, studio.parameters(body["settings"]))
    if "between" in body:
        spot = spot_in(body)
        mixes = [studio.parameters(work.settings_in(explorer, call.session, mix)) for mix in spot.mixes]
        is_latent = spot.way == "latent"
        codec = studio.pipeline.codec
        found = between_latents(mixes, spot.weights, codec) if is_latent else between_knobs(mixes, spot.weights)
        return as_written(studio.session, found)
    return studio.parameters(work.settings_in(explorer, call.session, str(body.get("mix"))))


def _check_room(explorer: Explorer, kept: Kept, count: int) -> None:
    if len(kept.history.scene.slots) + count > explorer.limits.mixes:
        raise InputError(f"mixes: expected at most {explorer.limits.mixes} in a session, got more")
