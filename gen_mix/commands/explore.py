"""``gen-mix explore``: a local page to hear mixes, change them and take them away."""

import argparse
import hashlib
import os
import secrets
import socket
import webbrowser
from pathlib import Path

import torch

from gen_mix.commands.arguments import whole_number
from gen_mix.errors import InputError

DESCRIPTION = "Hear mixes of a session in the browser, wander between them, change them and take them away."
USUAL_PORT = 8642


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``gen-mix explore`` takes."""
    parser.add_argument("session", type=Path, nargs="?", help="folder of tracks; without it, drop files on the page")
    parser.add_argument("--state", type=Path, default=default_state(), help="folder that remembers what was done")
    parser.add_argument(
        "--port", type=whole_number(0, 65535), default=USUAL_PORT, help="of this machine alone; 0 takes a free one"
    )
    parser.add_argument("--model", type=Path, default=None, help="folder of a trained model instead of the shipped one")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")


def default_state() -> Path:
    """Return where programs of this user keep their data."""
    base = os.environ.get("XDG_DATA_HOME", "")
    return (Path(base) if base else Path.home() / ".local" / "share") / "gen_mix"


def run(arguments: argparse.Namespace) -> None:
    """Serve until interrupted.

    Raises:
        InputError: The session, the folder of the state or the port cannot be used.
    """
    # Imported here: `gen-mix sample` should not wait for a server.
    from gen_mix.explore.explorer import Explorer, folder_session
    from gen_mix.explore.guard import local_door
    from gen_mix.explore.limits import Limits
    from gen_mix.explore.serving import serve
    from gen_mix.explore.warming import load_warm
    from gen_mix.explore.workspace import Workspace

    if arguments.session is not None and not arguments.session.is_dir():
        raise InputError(f"{arguments.session}: expected a folder of audio files, got nothing there")
    torch.set_num_threads(1)  # a preview and a job work at the same time, and small networks gain nothing from more
    listener = _listen(arguments.port)
    port = listener.getsockname()[1]
    token = secrets.token_urlsafe(24)
    explorer = Explorer(Workspace.at(arguments.state), lambda: load_warm(arguments.model), Limits())
    address = f"http://127.0.0.1:{port}/#token={token}"
    if arguments.session is not None:
        digest = hashlib.blake2b(str(arguments.session.resolve()).encode(), digest_size=8).hexdigest()
        address += f"&session={folder_session(explorer, arguments.session, digest).id}"
    print(f"explore: {address}\n(only this machine can open it; Ctrl+C ends it)", flush=True)
    if not arguments.no_browser:
        webbrowser.open(address)
    serve(explorer, local_door(port, token), listener)


def _listen(port: int) -> socket.socket:
    """Return a socket of this machine alone; if the usual port is taken, on another."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        if port != USUAL_PORT:
            raise InputError(f"--port {port}: expected a free port, got {error.strerror}") from error
        listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    return listener
