"""A server to ask things: a small model of random weights, short recordings, and a door of its own."""

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from starlette.testclient import TestClient

from gen_mix.explore.app import create_app
from gen_mix.explore.explorer import Explorer
from gen_mix.explore.guard import Door
from gen_mix.explore.limits import Limits
from gen_mix.explore.workspace import Workspace
from gen_mix.pipeline import MixPipeline
from tests.test_pipeline import pipeline

HOST = "127.0.0.1:8642"
TOKEN = "a-token-of-this-launch"
BYTES = {"content-type": "application/octet-stream"}


@contextmanager
def serving(
    root: Path, limits: Limits | None = None, load: Callable[[], MixPipeline] = pipeline
) -> Iterator[tuple[TestClient, Explorer]]:
    """Yield a client that has the token, and the explorer behind the server."""
    explorer = Explorer(Workspace.at(root), load, limits or Limits())
    app = create_app(explorer, Door(frozenset({HOST}), TOKEN))
    headers = {"authorization": f"Bearer {TOKEN}"}
    with TestClient(app, base_url=f"http://{HOST}", headers=headers, raise_server_exceptions=False) as client:
        yield client, explorer


def wave(seed: int, seconds: float = 0.6, channels: int = 1, rate: int = 22050, kind: str = "WAV") -> bytes:
    """Return an audio file: a decaying tone with a little noise, of its own pitch."""
    rng = np.random.default_rng(seed)
    at = np.arange(int(seconds * rate)) / rate
    tone = np.sin(2 * np.pi * 110 * 2 ** (seed % 12 / 4) * at) * np.exp(-2 * (at % 0.25))
    frames = np.stack([0.4 * tone + 0.02 * rng.standard_normal(at.size) for _ in range(channels)], axis=1)
    buffer = io.BytesIO()
    soundfile.write(buffer, frames, rate, format=kind, subtype="PCM_16")
    return buffer.getvalue()


def send(
    client: TestClient, session: str, name: str, content: bytes, kind: str = "track", place: int | None = None
) -> Any:
    """Send one file and return the answer."""
    told = {"name": name, "as": kind, **({} if place is None else {"place": str(place)})}
    return client.post(f"/api/sessions/{session}/files", params=told, content=content, headers=BYTES)


def new_session(client: TestClient, tracks: int = 3) -> str:
    """Return the id of a session with some tracks; the last is stereo."""
    session: str = client.post("/api/sessions", json={"name": "Song"}).json()["id"]
    for place in range(tracks):
        answer = send(client, session, f"part {place}.wav", wave(place, channels=2 if place == tracks - 1 else 1))
        assert answer.status_code == 201, answer.text
    return session


def finished(client: TestClient, session: str, seconds: float = 60.0) -> dict[str, Any]:
    """Return the state of a session once nothing runs."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        view: dict[str, Any] = client.get(f"/api/sessions/{session}").json()
        if all(job["status"] not in ("waiting", "running") for job in view["jobs"]):
            return view
        time.sleep(0.02)
    raise AssertionError(f"still at work: {view['jobs']}")


def opened(client: TestClient, tracks: int = 3) -> dict[str, Any]:
    """Return the state of an opened session with its first mixes."""
    session = new_session(client, tracks)
    assert client.post(f"/api/sessions/{session}/open", json={}).status_code == 200
    view = finished(client, session)
    assert [job["error"] for job in view["jobs"]] == [""], view["jobs"]
    return view
