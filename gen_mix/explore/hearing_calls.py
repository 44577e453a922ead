"""How a page says what a track is."""

from dataclasses import replace

from starlette.responses import JSONResponse, Response

from gen_mix.errors import InputError
from gen_mix.explore.api import Call
from gen_mix.explore.explorer import Explorer
from gen_mix.explore.hearing import NAMES
from gen_mix.explore.history import History
from gen_mix.explore.reading import whole_number
from gen_mix.explore.studio import Studio
from gen_mix.steering.telling import tellings_by_name
from gen_mix.wishes import Telling


def tell_track(explorer: Explorer, call: Call) -> Response:
    """Say what a track is, and whether it leads; an empty instrument leaves it to the model's ears again.

    With ``names`` every track that nothing was said of is what it is called.
    """
    studio = explorer.studio(call.session)
    if call.body.get("names") is True:
        explorer.change_history(call.session, lambda history: _by_name(history, studio))
        return JSONResponse({})
    place = whole_number(call.body.get("track"), "track", 0, len(studio.order) - 1)
    instrument, leads = call.body.get("instrument"), call.body.get("leads", False)
    if instrument not in ("", *NAMES) or not isinstance(leads, bool):
        raise InputError(f"instrument: expected one of {', '.join(NAMES)} or none, got {instrument!r:.40}")
    track = studio.session.tracks[studio.order[place]]
    called = f"{NAMES[instrument]}{' and leads' * leads}" if instrument else "what it is heard as"

    def tell(history: History) -> History:
        kept = tuple(one for one in history.scene.told if one.track != track.file)
        new = (Telling(f"{track.file}={instrument}", track.file, instrument, leads),) if instrument else ()
        return history.then(f"{track.name} is {called}", replace(history.scene, told=kept + new))

    explorer.change_history(call.session, tell)
    return JSONResponse({})


def _by_name(history: History, studio: Studio) -> History:
    scene = history.scene
    said = {telling.track for telling in scene.told}
    new = tuple(telling for telling in tellings_by_name(studio.session) if telling.track not in said)
    return history.then("tracks are what they are called", replace(scene, told=scene.told + new))
