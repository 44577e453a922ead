"""What a page can ask about the records that new mixes are to sound like."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.responses import JSONResponse, Response

from gen_mix.errors import InputError
from gen_mix.explore.api import Call
from gen_mix.explore.explorer import Explorer
from gen_mix.explore.history import History, Likeness
from gen_mix.explore.reading import number
from gen_mix.explore.records import measured, section_bytes, sound_of_mix


def hear_record(explorer: Explorer, call: Call) -> Response:
    """Answer with a section of a record."""
    explorer.kept(call.session)
    return Response(
        section_bytes(explorer, call.session, call.ids["section"]),
        media_type="audio/wav",
        headers={"cache-control": "private, no-cache"},
    )


def hear_mix_as_record(explorer: Explorer, call: Call) -> Response:
    """Answer with how a mix sounds as records do."""
    explorer.kept(call.session)
    return JSONResponse({"sound": sound_of_mix(explorer, call.session, call.ids["mix"])})


def change_record(explorer: Explorer, call: Call) -> Response:
    """Say how much a record counts, what is taken from it, or which section of it; answer with the new version."""
    record = explorer.kept(call.session).history.scene.record(call.ids["record"])
    facts = explorer.record_facts(call.session, record.section)
    section = None
    if "start" in call.body:
        start = number(call.body["start"], "start", 0.0, facts["seconds"])
        section = measured(explorer, call.session, facts["name"], record.id, start).section
    label = f"record {facts['name']} adjusted"

    def change(history: History) -> History:
        scene = history.scene
        changed = _changed(scene.record(record.id), facts, call.body)
        changed = changed if section is None else replace(changed, section=section)
        scene = replace(scene, records=tuple(changed if one.id == record.id else one for one in scene.records))
        is_more_of_it = history.moments[history.here].label == label
        return history.amended(history.here, label, scene) if is_more_of_it else history.then(label, scene)

    explorer.change_history(call.session, change)
    return JSONResponse({"version": explorer.version(call.session)})


def _changed(record: Likeness, facts: Mapping[str, Any], body: Mapping[str, Any]) -> Likeness:
    """Return a record as `body` wants it.

    Raises:
        InputError: Something in it is out of range.
    """
    if "weight" in body:
        record = replace(record, weight=number(body["weight"], "weight", 0.0, 1.0))
    if "aspects" in body:
        wanted, offers = body["aspects"], facts["offers"]
        if not isinstance(wanted, list) or not wanted or not all(aspect in offers for aspect in wanted):
            raise InputError(f"aspects: expected some of {', '.join(offers)}, got something else")
        record = replace(record, aspects=tuple(aspect for aspect in offers if aspect in wanted))
    return record


def remove_record(explorer: Explorer, call: Call) -> Response:
    """Take a record away; undo brings it back."""
    record = explorer.kept(call.session).history.scene.record(call.ids["record"])
    name = explorer.record_facts(call.session, record.section)["name"]

    def change(history: History) -> History:
        left = tuple(one for one in history.scene.records if one.id != record.id)
        return history.then(f"record {name} taken away", replace(history.scene, records=left))

    explorer.change_history(call.session, change)
    return JSONResponse({})
