"""Facts about files of unknown origin."""

import asyncio
import io
import re
import struct
import threading
import time
import zipfile
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from starlette.testclient import TestClient

from gen_mix.audio import read_audio
from gen_mix.explore import intake
from gen_mix.explore.app import create_app
from gen_mix.explore.explorer import Explorer
from gen_mix.explore.guard import Door
from gen_mix.explore.limits import Limits
from gen_mix.explore.reading import track_name
from gen_mix.explore.workspace import Kept, Workspace
from gen_mix.sessions.folder import read_session
from tests.explore.server import BYTES, HOST, TOKEN, new_session, send, serving, wave

SMALL = Limits(file_bytes=200_000, track_seconds=20.0, tracks=3, session_bytes=400_000, idle_seconds=0.3)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with serving(tmp_path, SMALL) as (client, _):
        yield client


def left_behind(root: Path) -> list[Path]:
    """Return files of uploads that nobody needs any more."""
    return [path for path in root.rglob(".*") if path.is_file() or path.name.startswith((".decoding", ".upload"))]


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../evil.wav", wave(0))
        archive.writestr("/etc/evil.wav", b"\0" * 1_000_000)
    return buffer.getvalue()


def claiming(samples: int) -> bytes:
    """Return a short WAV file whose header claims `samples`."""
    content = bytearray(wave(0, 0.1))
    place = content.find(b"data")
    content[place + 4 : place + 8] = struct.pack("<I", min(2 * samples, 2**32 - 1))
    return bytes(content)


def silent(seconds: float, kind: str) -> bytes:
    buffer = io.BytesIO()
    with soundfile.SoundFile(buffer, "w", 8000, 1, format=kind) as file:
        for _ in range(int(seconds)):  # all at once, libsndfile's Vorbis writer crashes
            file.write(np.zeros(8000, np.float32))
    return buffer.getvalue()


def with_value(value: float) -> bytes:
    buffer = io.BytesIO()
    frames = np.zeros(4410, np.float32)
    frames[7] = value
    soundfile.write(buffer, frames, 44100, format="WAV", subtype="FLOAT")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "readable audio file"),
        (b"these are words, not sounds", "readable audio file"),
        (wave(0)[:44], "as its header says, got 0"),
        (wave(0)[:3000], "bytes of audio as its header says"),
        (claiming(2**30), "header that claims|as its header says"),
        (silent(3600, "FLAC"), "header that claims"),
        (silent(600, "OGG"), "at most|header that claims"),
        (with_value(float("nan")), "NaN or infinity"),
        (with_value(float("inf")), "NaN or infinity"),
        (wave(0, channels=6), "mono or stereo"),
        (zipped(), "zip archive"),
        (b"\x1f\x8b" + b"\0" * 100, "gzip archive"),
    ],
    ids=["empty", "words", "header", "cut", "claims", "bomb-flac", "bomb-ogg", "nan", "inf", "surround", "zip", "gzip"],
)
@pytest.mark.parametrize("kind", ["track", "rough", "record"])
def test_what_is_no_recording_is_refused_and_leaves_nothing(
    client: TestClient, tmp_path: Path, content: bytes, reason: str, kind: str
) -> None:
    session = new_session(client, 1)
    before = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    answer = send(client, session, "a.wav", content, kind)
    assert answer.status_code == 422, answer.text
    message = answer.json()["error"]
    assert message.startswith("a: ")
    assert "Traceback" not in message
    assert str(tmp_path) not in message
    assert re.search(reason, message), message
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == before
    assert len(client.get(f"/api/sessions/{session}").json()["recordings"]) == 1


@pytest.mark.parametrize(("kind", "channels"), [("WAV", 1), ("WAV", 2), ("FLAC", 2), ("AIFF", 1)])
def test_what_comes_in_is_the_sound_that_was_sent(client: TestClient, tmp_path: Path, kind: str, channels: int) -> None:
    session = new_session(client, 0)
    content = wave(3, channels=channels, kind=kind)
    assert send(client, session, f"x.{kind.lower()}", content).status_code == 201
    kept = read_audio(tmp_path / "sessions" / session / "tracks" / "track_001.wav")
    sent, rate = soundfile.read(io.BytesIO(content), dtype="float32", always_2d=True)
    assert kept.sample_rate == rate
    np.testing.assert_array_equal(kept.audio.numpy(), sent.T)
    assert left_behind(tmp_path) == []


def test_a_decoder_that_runs_wild_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wild = tmp_path / "wild.py"
    upload, target = tmp_path / "upload", tmp_path / "target.wav"
    upload.write_bytes(wave(0))
    for program in (
        "x = bytearray(8 << 30)",
        "import pathlib, sys; pathlib.Path(sys.argv[2]).write_bytes(b'0' * (8 << 20))",
        "import os; os.abort()",
        "import time; time.sleep(60)",
        'print(\'{"sample_rate": 1, "channels": 99, "samples": 99}\')',
        "print('[]')",
        "print('{}')",
    ):
        wild.write_text(program)
        monkeypatch.setattr(intake.decoding, "__file__", str(wild))
        monkeypatch.setattr(intake, "_WALL_SECONDS", 1.5)
        with pytest.raises(ValueError, match="kick"):
            intake.take_in(intake.Upload(upload, "kick", 1 << 20), target, SMALL)
        assert not target.exists()
        assert left_behind(tmp_path) == []


def test_a_session_has_room_for_so_much_and_no_more(client: TestClient) -> None:
    session = new_session(client, 3)
    assert "at most 3" in send(client, session, "d.wav", wave(4)).json()["error"]
    other = new_session(client, 0)
    answers = [send(client, other, f"{name}.wav", wave(1, 4.0, rate=16000)).status_code for name in "ab"]
    assert answers == [201, 422]  # 256 kB each as float32, and there is room for 400


@pytest.mark.parametrize("claimed", ["200001", "-1", "1e9", "99999999999999999999"])
def test_an_upload_that_says_it_is_too_large_is_not_read(client: TestClient, tmp_path: Path, claimed: str) -> None:
    session = new_session(client, 0)
    path = f"/api/sessions/{session}/files?name=a.wav"
    assert client.post(path, content=b"x", headers={**BYTES, "content-length": claimed}).status_code == 413
    assert left_behind(tmp_path) == []


def test_a_request_that_is_no_upload_has_a_small_limit(client: TestClient) -> None:
    assert client.post("/api/sessions", json={"name": "x" * 2_000_000}).status_code == 413
    deep = b"[" * 100_000
    headers = {"content-type": "application/json"}
    assert client.post("/api/sessions", content=deep, headers=headers).status_code == 400
    assert client.post("/api/sessions", content=b"[1]", headers=headers).status_code == 400
    assert client.post("/api/sessions", content=b'{"name": NaN}', headers=headers).status_code == 422


def test_a_thousand_parts_of_a_form_are_not_looked_at(client: TestClient) -> None:
    session = new_session(client, 0)
    many = [("files", (f"{place}.wav", b"x")) for place in range(1000)]
    assert client.post(f"/api/sessions/{session}/files?name=a.wav", files=many).status_code == 415


def ask(root: Path, receive: Callable[[], Awaitable[dict[str, Any]]]) -> int:
    """Return the status with which the server answers an upload that `receive` delivers."""
    explorer = Explorer(Workspace.at(root), lambda: pytest.fail("not needed"), SMALL)
    explorer.add(Kept("0000000000000001", "Song"))
    headers = {"host": HOST, "authorization": f"Bearer {TOKEN}", "content-type": "application/octet-stream"}
    scope = {
        "type": "http",
        "method": "POST",
        "http_version": "1.1",
        "scheme": "http",
        "root_path": "",
        "path": "/api/sessions/0000000000000001/files",
        "query_string": b"name=a.wav",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    sent: list[Any] = []

    async def keep(message: Any) -> None:
        sent.append(message)

    try:
        asyncio.run(create_app(explorer, Door(frozenset({HOST}), TOKEN))(scope, receive, keep))
    finally:
        explorer.close()
    return int(sent[0]["status"])


def test_who_falls_silent_in_the_middle_is_let_go(tmp_path: Path) -> None:
    pieces = 0

    async def a_piece_and_no_more() -> dict[str, Any]:
        nonlocal pieces
        pieces += 1
        await asyncio.sleep(0 if pieces == 1 else 60)
        return {"type": "http.request", "body": b"x", "more_body": True}

    assert ask(tmp_path, a_piece_and_no_more) == 408
    assert pieces == 2
    assert left_behind(tmp_path) == []


def test_who_sends_a_byte_now_and_then_is_let_go(tmp_path: Path) -> None:
    pieces = 0

    async def trickle() -> dict[str, Any]:
        nonlocal pieces
        pieces += 1
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b"RIFF"[pieces - 1 : pieces] or b"x", "more_body": True}

    assert ask(tmp_path, trickle) == 408
    assert pieces < 40
    assert left_behind(tmp_path) == []


def test_what_begins_as_no_audio_is_not_taken_to_its_end(tmp_path: Path) -> None:
    pieces = 0

    async def flood() -> dict[str, Any]:
        nonlocal pieces
        pieces += 1
        return {"type": "http.request", "body": b"\0" * 2, "more_body": True}

    assert ask(tmp_path, flood) == 422
    assert pieces == 2
    assert left_behind(tmp_path) == []


def test_an_upload_that_grows_too_large_is_cut_off(tmp_path: Path) -> None:
    pieces = 0

    async def flood() -> dict[str, Any]:
        nonlocal pieces
        pieces += 1
        return {"type": "http.request", "body": b"RIFF" * 12_500, "more_body": True}

    assert ask(tmp_path, flood) == 413
    assert pieces == 5
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("Kick.wav", "Kick"),
        ("../../etc/passwd.wav", "passwd"),
        ("C:\\Users\\me\\Snare 2.flac", "Snare 2"),
        ("<img src=x onerror=alert(1)>.wav", "<img src=x onerror=alert(1)>"),
        ("café 🥁.wav", "café 🥁"),
        ("two\nlines\x00and\x1bmore.wav", "two lines and more"),
        ("\u202egnp.wav", "gnp"),
        (".hidden", ".hidden"),
        ("a.b.c.ogg", "a.b.c"),
        ("=cmd.wav", "=cmd"),
        ("x" * 500 + ".wav", "x" * 120),
    ],
)
def test_a_track_is_called_what_its_file_is_called(file: str, name: str) -> None:
    assert track_name(file) == name


def test_what_comes_in_is_one_of_three_things(client: TestClient) -> None:
    session = new_session(client, 1)
    answer = send(client, session, "a.wav", wave(0), "../tracks")
    assert (answer.status_code, answer.json()["error"].split(":")[0]) == (422, "as")


def test_names_never_become_files(client: TestClient, tmp_path: Path) -> None:
    session = new_session(client, 0)
    for name in ("CON.wav", "-rf.wav", "..\\..\\x.wav"):
        assert send(client, session, name, wave(1)).status_code == 201
    folder = tmp_path / "sessions" / session
    assert sorted(path.name for path in (folder / "tracks").iterdir()) == [f"track_{n:03d}.wav" for n in (1, 2, 3)]
    assert [track["name"] for track in client.get(f"/api/sessions/{session}").json()["recordings"]] == [
        "CON",
        "-rf",
        "x",
    ]


def test_tracks_stand_where_they_are_put_whichever_comes_first(tmp_path: Path) -> None:
    with serving(tmp_path) as (client, explorer):
        session = client.post("/api/sessions", json={"name": "Song"}).json()["id"]
        for place in (3, 1, 2):
            assert send(client, session, f"part {place}.wav", wave(place), place=place).status_code == 201
        assert send(client, session, "part 4.wav", wave(4)).status_code == 201
        taken = send(client, session, "again.wav", wave(5), place=2)
        assert (taken.status_code, taken.json()["error"]) == (422, "place: expected one that is free, got 2")
        assert send(client, session, "far.wav", wave(5), place=129).status_code == 422
        assert [track.name for track in explorer.kept(session).tracks] == [f"part {place}" for place in (1, 2, 3, 4)]
        read = sorted(read_session(explorer.workspace.folder(session)).tracks, key=lambda track: track.file)
        assert [track.name for track in read] == [f"part {place}" for place in (1, 2, 3, 4)]
        assert left_behind(tmp_path) == []


def test_no_more_is_decoded_at_once_than_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, turn = 0, 0, threading.Lock()
    decode = intake._run_decoder

    def counted(*arguments: Any) -> dict[str, int]:
        nonlocal running, most
        with turn:
            running += 1
            most = max(most, running)
        try:
            time.sleep(0.05)
            return decode(*arguments)
        finally:
            with turn:
                running -= 1

    monkeypatch.setattr(intake, "_run_decoder", counted)
    with serving(tmp_path) as (client, explorer):
        session = client.post("/api/sessions", json={"name": "Song"}).json()["id"]
        with ThreadPoolExecutor(6) as senders:
            answers = list(
                senders.map(
                    lambda place: send(client, session, f"part {place}.wav", wave(place), place=place), range(1, 7)
                )
            )
        assert [answer.status_code for answer in answers] == [201] * 6
        assert most == explorer.limits.decoding
        assert [track.name for track in explorer.kept(session).tracks] == [f"part {place}" for place in range(1, 7)]
