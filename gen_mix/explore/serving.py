"""The server itself: on a socket of this machine, until somebody ends it."""

import socket
from contextlib import suppress

import uvicorn

from gen_mix.explore.app import create_app
from gen_mix.explore.explorer import Explorer
from gen_mix.explore.guard import Door

_CONNECTIONS = 64
_KEEP_ALIVE_SECONDS, _GRACE_SECONDS = 10, 2


def serve(explorer: Explorer, door: Door, listener: socket.socket) -> None:
    """Answer those who come through `door` until interrupted."""
    config = uvicorn.Config(
        create_app(explorer, door),
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        ws="none",
    )
    with suppress(KeyboardInterrupt):  # which is how it ends, and the server has tidied up by then
        _Server(config, explorer).run(sockets=[listener])


class _Server(uvicorn.Server):
    """A server that lets go of pages which wait for news before it waits for them."""

    def __init__(self, config: uvicorn.Config, explorer: Explorer) -> None:
        super().__init__(config)
        self._explorer = explorer

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._explorer.let_go()
        await super().shutdown(sockets)
