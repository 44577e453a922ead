"""What a page can ask about taking mixes away."""

from dataclasses import replace

from starlette.responses import JSONResponse, Response

from gen_mix.errors import InputError
from gen_mix.explore.api import Call
from gen_mix.explore.explorer import Explorer
from gen_mix.explore.packing import Order, export_of, exports_folder, write_order
from gen_mix.explore.reading import list_in
from gen_mix.export.audio_files import AUDIO_FORMATS
from gen_mix.export.formats import EXPORTERS
from gen_mix.export.size import check_room, export_bytes, free_bytes


def export_size(explorer: Explorer, call: Call) -> Response:
    """Answer with how large an export would be, by its kind of audio files, and with the room there is."""
    order = _order(explorer, call)
    export = export_of(explorer, call.session, order)
    sizes = {name: export_bytes(replace(export, form=form), order.formats) for name, form in AUDIO_FORMATS.items()}
    return JSONResponse({"bytes": sizes, "free_bytes": free_bytes(exports_folder(explorer))})


def take_away(explorer: Explorer, call: Call) -> Response:
    """Start to write mixes in the formats of other programs."""
    session, order = call.session, _order(explorer, call)
    check_room(exports_folder(explorer), export_of(explorer, session, order), order.formats, "disk")
    job = explorer.submit(session, "export", "Taking away", lambda job: write_order(explorer, session, job, order))
    return JSONResponse({"job": job.id}, 202)


def _order(explorer: Explorer, call: Call) -> Order:
    scene = explorer.kept(call.session).history.scene
    slots = [scene.slot(str(slot)) for slot in list_in(call.body, "slots")]
    formats = [str(name) for name in list_in(call.body, "formats")]
    known = sorted(EXPORTERS)
    if not set(formats) <= set(known):
        raise InputError(f"formats: expected some of {', '.join(known)}, got something else")
    audio = AUDIO_FORMATS.get(str(call.body.get("audio", "wav24")))
    if audio is None:
        raise InputError(f"audio: expected one of {', '.join(AUDIO_FORMATS)}, got something else")
    return Order(tuple(slots), tuple(formats), audio)
