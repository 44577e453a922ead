"""The door of the server: who may ask for what, before anything else reads the request.

A page of another site can make a browser send requests to a local server, and a name that resolves to 127.0.0.1 after
the page was loaded ("DNS rebinding") makes them same-origin. So the Host header must name this server, a request
that says where it comes from must come from here, and every request to the interface carries the token of this
launch in a header, which no form, image or link can do. The token travels to the page in the fragment of the address,
which browsers keep to themselves.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}

_READING = ("GET", "HEAD")
_WRITING = ("POST", "PUT", "DELETE")
_BODIES = ("application/json", "application/octet-stream")


@dataclass(frozen=True)
class Door:
    """What requests are held against.

    Attributes:
        hosts: Values of the Host header that name this server.
        token: Of this launch.
    """

    hosts: frozenset[str]
    token: str


def local_door(port: int, token: str) -> Door:
    """Return the door of a server on `port` of this machine."""
    return Door(frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")), token)


class Guard:
    """Middleware that refuses what did not come from this server's own page, and adds headers to every answer."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        """Stand before `app`."""
        self.app, self.door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        refusal = refused(self.door, scope["method"], scope["path"], Headers(scope=scope))
        if refusal is None:
            await self.app(scope, receive, send_with_headers)
        else:
            await refusal(scope, receive, send_with_headers)


def refused(door: Door, method: str, path: str, headers: Mapping[str, str]) -> JSONResponse | None:
    """Return the answer to a request that may not come in, or None."""
    host = headers.get("host", "")
    if host not in door.hosts:
        return _no(400, "host: expected this server's own address, got another")
    if method not in (*_READING, *_WRITING):
        return _no(405, f"method: expected one of {', '.join((*_READING, *_WRITING))}, got another")
    if headers.get("origin", f"http://{host}") != f"http://{host}":
        return _no(403, "origin: expected a page of this server, got another")
    if not path.startswith("/api/"):
        return None if method in _READING else _no(405, "method: expected GET, got another")
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return _no(403, "origin: expected a page of this server, got another")
    if not hmac.compare_digest(headers.get("authorization", "").encode(), f"Bearer {door.token}".encode()):
        return _no(403, "token: expected that of this launch; open the address that gen-mix explore printed")
    if method in ("POST", "PUT") and headers.get("content-type", "").split(";")[0].strip() not in _BODIES:
        return _no(415, f"content type: expected one of {', '.join(_BODIES)}, got another")
    return None


def _no(status: int, reason: str) -> JSONResponse:
    return JSONResponse({"error": reason}, status)
