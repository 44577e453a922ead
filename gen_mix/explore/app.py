"""The server: addresses, what answers them, and what comes in as files."""

import json
import logging
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from importlib.resources import files
from pathlib import Path, PurePosixPath

import anyio
import anyio.to_thread
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from gen_mix.errors import InputError
from gen_mix.explore import api, hearing_calls, record_calls, take_calls
from gen_mix.explore.explorer import Explorer
from gen_mix.explore.guard import Door, Guard
from gen_mix.explore.intake import LEAST_BYTES, Upload, check_beginning, take_in
from gen_mix.explore.jobs import QueueFullError, told
from gen_mix.explore.reading import track_name, whole_number
from gen_mix.explore.records import take_record
from gen_mix.explore.workspace import Kept, KeptTrack, checked_id

_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_log = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]


def create_app(explorer: Explorer, door: Door) -> Starlette:
    """Return the application that shows `explorer` to those who come through `door`."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(explorer.close)

    calls: list[tuple[str, str, api.Handler]] = [
        ("GET", "/api/hello", api.hello),
        ("POST", "/api/sessions", api.new_session),
        ("POST", "/api/example", api.new_example),
        ("GET", "/api/sessions/{session}", api.view),
        ("DELETE", "/api/sessions/{session}", api.remove_session),
        ("POST", "/api/sessions/{session}/name", api.rename),
        ("POST", "/api/sessions/{session}/open", api.open_session),
        ("GET", "/api/sessions/{session}/survey", api.survey),
        ("GET", "/api/sessions/{session}/overview", api.overview),
        ("GET", "/api/sessions/{session}/mixes/{mix}", api.settings),
        ("GET", "/api/sessions/{session}/mixes/{mix}/sound", record_calls.hear_mix_as_record),
        ("GET", "/api/sessions/{session}/sections/{section}", record_calls.hear_record),
        ("POST", "/api/sessions/{session}/records/{record}", record_calls.change_record),
        ("DELETE", "/api/sessions/{session}/records/{record}", record_calls.remove_record),
        ("POST", "/api/sessions/{session}/words", api.words),
        ("POST", "/api/sessions/{session}/sample", api.sample),
        ("POST", "/api/sessions/{session}/preview", api.preview),
        ("POST", "/api/sessions/{session}/keep", api.keep),
        ("POST", "/api/sessions/{session}/slots/{slot}", api.change_slot),
        ("POST", "/api/sessions/{session}/locks", api.set_locks),
        ("POST", "/api/sessions/{session}/told", hearing_calls.tell_track),
        ("POST", "/api/sessions/{session}/history", api.travel),
        ("POST", "/api/sessions/{session}/excerpt", api.move_excerpt),
        ("POST", "/api/sessions/{session}/export", take_calls.take_away),
        ("POST", "/api/sessions/{session}/export/size", take_calls.export_size),
        ("DELETE", "/api/jobs/{job}", api.cancel),
    ]
    routes = [
        Route("/", _static("index.html")),
        *(Route(f"/static/{name}", _static(name)) for name in _static_names()),
        *(Route(path, _answer(explorer, handler), methods=[method]) for method, path, handler in calls),
        Route("/api/sessions/{session}/files", _receive_file(explorer), methods=["POST"]),
        Route("/api/sessions/{session}/audio/{mix}", _audio(explorer)),
        Route("/take/{ticket}", _take(explorer)),
    ]
    return Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(Guard, door=door)],
        exception_handlers={
            InputError: _input_error,
            QueueFullError: _busy,
            api.BusyError: _busy,
            HTTPException: _http_error,
            Exception: _our_error,
        },
    )


def _static_names() -> list[str]:
    names = [entry.name for entry in files("gen_mix.explore").joinpath("static").iterdir()]
    return sorted(name for name in names if PurePosixPath(name).suffix in _KINDS)


def _static(name: str) -> Endpoint:
    """Return what answers with a file of the package; only names that are there have an address."""
    source = files("gen_mix.explore").joinpath("static", name)

    async def endpoint(request: Request) -> Response:
        kind = _KINDS[PurePosixPath(name).suffix]
        return Response(source.read_bytes(), media_type=kind, headers={"cache-control": "no-cache"})

    return endpoint


def _answer(explorer: Explorer, handler: api.Handler) -> Endpoint:
    """Return what reads a request with bounds and lets `handler` answer it, off the event loop."""

    async def endpoint(request: Request) -> Response:
        body: object = {}
        if request.method == "POST":
            data = b"".join([chunk async for chunk in _chunks(request, explorer.limits.body_bytes, explorer)])
            try:
                body = json.loads(data or b"{}")
            except (ValueError, RecursionError):
                raise HTTPException(400, "body: expected JSON, got something else") from None
            if not isinstance(body, dict):
                raise HTTPException(400, "body: expected a JSON object, got something else")
        call = api.Call(dict(request.path_params), body if isinstance(body, dict) else {}, request.query_params)
        return await run_in_threadpool(handler, explorer, call)

    return endpoint


async def _chunks(request: Request, most_bytes: int, explorer: Explorer) -> AsyncIterator[bytes]:
    """Yield the body of a request: no more than `most_bytes`, and no slower than the limits say."""
    limits = explorer.limits
    claimed = request.headers.get("content-length", "0")
    if not claimed.isdigit() or int(claimed) > most_bytes:
        raise HTTPException(413, f"body: expected at most {most_bytes} bytes, got more")
    started, got = time.monotonic(), 0
    stream = request.stream()
    while True:
        try:
            with anyio.fail_after(limits.idle_seconds):
                chunk = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise HTTPException(408, "body: expected more of it in time, got silence") from None
        except ClientDisconnect:
            raise HTTPException(400, "body: expected all of it, got a part") from None
        got += len(chunk)
        if got > most_bytes:
            raise HTTPException(413, f"body: expected at most {most_bytes} bytes, got more")
        seconds = time.monotonic() - started
        if seconds > limits.idle_seconds and got < limits.least_bytes_per_second * (seconds - limits.idle_seconds):
            raise HTTPException(408, "body: expected more of it in time, got it too slowly")
        yield chunk


def _receive_file(explorer: Explorer) -> Endpoint:
    """Return what takes one recording in; its name travels beside it and is never part of a path."""
    decoders = anyio.CapacityLimiter(explorer.limits.decoding)

    async def endpoint(request: Request) -> Response:
        session_id = checked_id(request.path_params["session"])
        name = track_name(request.query_params.get("name", ""))
        kept = await run_in_threadpool(explorer.kept, session_id)
        kind = request.query_params.get("as", "track")
        if kind not in _TAKERS:
            raise InputError(f"as: expected one of {', '.join(_TAKERS)}, got something else")
        room = explorer.room_for_record(kept) if kind == "record" else explorer.room_for_track(kept)
        told = request.query_params.get("place")
        place = None if told is None else whole_number(told, "place", 1, explorer.limits.tracks)
        folder = explorer.workspace.folder(session_id)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".upload-") as file:
            beginning = b""
            async for chunk in _chunks(request, explorer.limits.file_bytes, explorer):
                if len(beginning) < LEAST_BYTES:
                    beginning += chunk[:LEAST_BYTES]
                    if len(beginning) >= LEAST_BYTES:
                        check_beginning(beginning, name)
                file.write(chunk)
            file.flush()
            upload = Upload(Path(file.name), name, room, place)
            track = await anyio.to_thread.run_sync(_TAKERS[kind], explorer, session_id, upload, limiter=decoders)
        return JSONResponse({"name": track.name, "seconds": track.seconds, "channels": track.channels}, 201)

    return endpoint


def _take_track(explorer: Explorer, session_id: str, upload: Upload) -> KeptTrack:
    """Take in a track at its place; of several that come side by side, the later may be there first."""
    folder = explorer.workspace.folder(session_id) / "tracks"
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", suffix=".wav", delete=False) as place:
        target = Path(place.name)
    try:
        taken = take_in(upload, target, explorer.limits)
        added: list[KeptTrack] = []

        def add(kept: Kept) -> Kept:
            explorer.room_for_track(kept, taken.bytes_decoded)
            name = kept.file_at(upload.place)
            added.append(KeptTrack(upload.name, name, taken.seconds, taken.channels, taken.bytes_decoded))
            target.rename(folder / name)
            grown = replace(kept, tracks=tuple(sorted((*kept.tracks, *added), key=lambda track: track.file)))
            explorer.workspace.write_labels(grown)
            return grown

        explorer.change(session_id, add)
        return added[0]
    finally:
        target.unlink(missing_ok=True)


def _take_rough(explorer: Explorer, session_id: str, upload: Upload) -> KeptTrack:
    """Take in a bounce of the tracks, in place of an earlier one."""
    taken = take_in(upload, explorer.workspace.folder(session_id) / "mix.wav", explorer.limits)
    explorer.change(session_id, lambda kept: replace(kept, wants_rough=True))
    return KeptTrack(upload.name, "mix.wav", taken.seconds, taken.channels, taken.bytes_decoded)


_TAKERS = {"track": _take_track, "rough": _take_rough, "record": take_record}
"""What can come in as a file."""


def _audio(explorer: Explorer) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        path = explorer.workspace.audio_path(request.path_params["session"], request.path_params["mix"])
        if not path.is_file():
            raise HTTPException(404, "audio: expected a mix that is rendered, got none")
        return FileResponse(path, media_type="audio/wav", headers={"cache-control": "private, no-cache"})

    return endpoint


def _take(explorer: Explorer) -> Endpoint:
    """Return what hands an export out to whoever knows its name of 128 random bits."""

    async def endpoint(request: Request) -> Response:
        ticket = request.path_params["ticket"]
        path = explorer.workspace.root / "exports" / f"{ticket}.zip"
        if len(ticket) != 32 or not ticket.isalnum() or not path.is_file():
            raise HTTPException(404, "export: expected one that is there, got none")
        # Without a name here the browser takes that of the link: the song's.
        return FileResponse(path, media_type="application/zip", headers={"content-disposition": "attachment"})

    return endpoint


async def _input_error(request: Request, error: Exception) -> Response:
    message = " ".join(str(error).split())
    return JSONResponse({"error": message}, 404 if "got none" in message and "expected one" in message else 422)


async def _busy(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": "server: expected less at once, got more than it can do; try again soon"}, 429)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code)


async def _our_error(request: Request, error: Exception) -> Response:
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return JSONResponse({"error": told(error)}, 500)
