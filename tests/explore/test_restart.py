"""Facts about a server that ends in the middle of things, and about the next one."""

import errno
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gen_mix.explore import work, workspace
from gen_mix.explore.explorer import Explorer
from gen_mix.explore.jobs import CancelledError
from gen_mix.explore.limits import Limits
from gen_mix.explore.workspace import Workspace
from tests.explore.server import BYTES, finished, new_session, serving, wave
from tests.test_pipeline import pipeline


def test_what_a_crash_broke_off_is_said_once(tmp_path: Path) -> None:
    gate = threading.Event()

    def slow() -> Any:
        gate.wait(30)
        raise AssertionError("nobody needs the model")

    with serving(tmp_path, load=slow) as (client, _):
        session = new_session(client, 1)
        path = f"/api/sessions/{session}"
        jobs = [client.post(f"{path}/sample", json={"count": 1}).json()["job"] for _ in range(3)]
        assert client.delete(f"/api/jobs/{jobs[2]}").status_code == 200
        # Whoever comes now sees what a crash would have left: one job at work, one waiting, one given up.
        after = Explorer(Workspace.at(tmp_path), pipeline, Limits())
        after.kept(session)
        told = [job.to_json() for job in after.jobs.of(session)]
        assert [(job["id"], job["status"]) for job in told] == [(jobs[0], "failed"), (jobs[1], "failed")]
        assert all("broken off" in str(job["error"]) for job in told)
        after.close()
        last = Explorer(Workspace.at(tmp_path), pipeline, Limits())
        assert last.kept(session).begun == ()
        assert last.jobs.of(session) == []
        last.close()
        gate.set()


def test_an_end_on_purpose_breaks_jobs_off_too(tmp_path: Path) -> None:
    gate = threading.Event()

    def load() -> Any:
        gate.wait(30)
        return pipeline()

    explorer = Explorer(Workspace.at(tmp_path), load, Limits())
    with serving(tmp_path) as (client, _):
        session = new_session(client, 1)

    def sampling(job: Any) -> None:
        gate.wait(30)
        job.reach(0.5)

    explorer.submit(session, "sample", "Sampling", sampling)
    threading.Timer(0.2, gate.set).start()
    explorer.close()
    after = Explorer(Workspace.at(tmp_path), pipeline, Limits())
    after.kept(session)
    assert [job.kind for job in after.jobs.of(session)] == ["sample"]
    after.close()


def test_jobs_that_end_leave_nothing_behind(tmp_path: Path) -> None:
    with serving(tmp_path) as (client, explorer):
        session = new_session(client, 2)
        client.post(f"/api/sessions/{session}/open", json={})
        client.post(f"/api/sessions/{session}/excerpt", json={"start": 0})
        finished(client, session)
        assert explorer.kept(session).begun == ()


def test_an_opening_that_was_broken_off_is_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = work.keep_mix
    made: list[str] = []

    def twice(*told: Any) -> str:
        if len(made) == 2:
            raise CancelledError
        made.append(whole(*told))
        return made[-1]

    with serving(tmp_path) as (client, _), monkeypatch.context() as patched:
        patched.setattr(work, "keep_mix", twice)
        session = new_session(client, 2)
        client.post(f"/api/sessions/{session}/open", json={})
        assert [slot["mix"] for slot in finished(client, session)["slots"]] == made
    with serving(tmp_path) as (client, explorer):
        client.post(f"/api/sessions/{session}/open", json={})
        slots = finished(client, session)["slots"]
        assert [slot["mix"] for slot in slots[:2]] == made
        seeds = [explorer.mix_facts(session, slot["mix"])["document"]["seed"] for slot in slots]
        assert seeds == [0, 1, 2, 3]
        assert explorer.kept(session).seeds == 4


def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*told: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with serving(tmp_path) as (client, _):
        session = new_session(client, 2)
        client.post(f"/api/sessions/{session}/open", json={})
        before = finished(client, session)
        with monkeypatch.context() as patched:
            patched.setattr(workspace, "write_whole", full)
            answer = client.post(f"/api/sessions/{session}/slots/{before['slots'][0]['id']}", json={"name": "One"})
            assert (answer.status_code, answer.json()["error"].split(":")[0]) == (500, "disk")
        with monkeypatch.context() as patched:
            patched.setattr(work, "write_whole", full)
            client.post(f"/api/sessions/{session}/sample", json={"count": 1})
            assert finished(client, session)["jobs"][-1]["error"].startswith("disk: ")
        after = client.get(f"/api/sessions/{session}").json()
        assert after["slots"] == before["slots"]
        client.post(f"/api/sessions/{session}/sample", json={"count": 1})
        assert len(finished(client, session)["slots"]) == len(before["slots"]) + 1


class Launch:
    """`gen-mix explore` in a process of its own, on a state of its own."""

    def __init__(self, state: Path) -> None:
        command = [sys.executable, "-m", "gen_mix.cli", "explore", "--state", str(state), "--port", "0", "--no-browser"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        told = re.search(r"(http://[^/]+)/#token=(\S+)", self.process.stdout.readline())
        assert told is not None
        self.address, self.token = told[1], told[2]

    def get(self, path: str, body: bytes | None = None, kind: str = "application/json") -> bytes:
        """Return what the server answers, which must be no refusal."""
        headers = {"authorization": f"Bearer {self.token}", "content-type": kind}
        request = urllib.request.Request(self.address + path, body, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            content: bytes = answer.read()
        return content

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Return what the server answers, read."""
        return json.loads(self.get(path, None if body is None else json.dumps(body).encode()))

    def kill(self) -> None:
        """End the process as a power cut would."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(30)

    def interrupt(self) -> str:
        """End the process as Ctrl+C does; return what it complained of."""
        self.process.send_signal(signal.SIGINT)
        return self.process.communicate(timeout=30)[1]


@pytest.mark.slow
def test_a_killed_server_leaves_whole_mixes_and_says_what_it_left_undone(tmp_path: Path) -> None:
    first = Launch(tmp_path)
    session = first.ask("/api/sessions", {"name": "Song"})["id"]
    for place in range(2):
        first.get(f"/api/sessions/{session}/files?name={place}.wav", wave(place, 2.0), BYTES["content-type"])
    first.ask(f"/api/sessions/{session}/open", {})
    end = time.monotonic() + 300
    while len(first.ask(f"/api/sessions/{session}")["slots"]) < 4:
        assert time.monotonic() < end
        time.sleep(0.05)
    first.ask(f"/api/sessions/{session}/sample", {"count": 16})
    while len(first.ask(f"/api/sessions/{session}")["slots"]) < 6:
        assert time.monotonic() < end
        time.sleep(0.02)
    first.kill()
    second = Launch(tmp_path)
    try:
        view = second.ask(f"/api/sessions/{session}/open", {})
        assert [job["kind"] for job in view["jobs"] if job["status"] == "failed"] == ["sample"]
        assert 6 <= len(view["slots"]) < 20
        for slot in view["slots"]:
            assert second.get(f"/api/sessions/{session}/audio/{slot['mix']}").startswith(b"RIFF")
            assert second.ask(f"/api/sessions/{session}/mixes/{slot['mix']}")["tracks"]
    finally:
        second.kill()


def upload(launch: Launch, session: str, claimed: int | None, beginning: bytes) -> tuple[int, int]:
    """Send zeros without end after `beginning`; return the status of the answer and how much was sent until it came."""
    host, port = launch.address.removeprefix("http://").split(":")
    length = "transfer-encoding: chunked" if claimed is None else f"content-length: {claimed}"
    head = (
        f"POST /api/sessions/{session}/files?name=a.wav HTTP/1.1\r\nhost: {host}:{port}\r\n{length}\r\n"
        f"authorization: Bearer {launch.token}\r\ncontent-type: {BYTES['content-type']}\r\n\r\n"
    )
    piece = beginning.ljust(1 << 20, b"\0")
    sent = 0
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(head.encode())
        while not select.select([connection], [], [], 0)[0] and sent < 2 << 30:
            try:
                connection.sendall(piece if claimed else b"%x\r\n%b\r\n" % (len(piece), piece))
            except ConnectionError:
                break
            sent += len(piece)
        return int(connection.recv(4096).split()[1]), sent


@pytest.mark.slow
@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="expected Linux, which tells the memory of a process"
)
def test_a_gigabyte_that_nobody_wants_costs_little(tmp_path: Path) -> None:
    launch = Launch(tmp_path)
    try:
        session = launch.ask("/api/sessions", {"name": "Song"})["id"]
        while not launch.ask("/api/hello")["model_is_ready"]:
            time.sleep(0.1)
        memory = Path(f"/proc/{launch.process.pid}/status")

        def resident_mib() -> float:
            return int(re.findall(r"VmHWM:\s+(\d+)", memory.read_text())[0]) / 1024

        before = resident_mib()
        status, sent = upload(launch, session, 10**9, b"RIFF")  # says what it is: refused before it comes
        assert (status, sent <= 16 << 20) == (413, True)
        status, sent = upload(launch, session, None, b"not audio")
        assert (status, sent <= 16 << 20) == (422, True)
        status, sent = upload(launch, session, None, b"RIFF")
        assert status == 413
        assert sent < Limits().file_bytes + (64 << 20)
        assert resident_mib() < before + 64
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert sum(path.stat().st_size for path in files) < 1 << 20
    finally:
        launch.kill()


@pytest.mark.slow
def test_an_end_by_hand_is_quiet_though_a_page_waits_for_news(tmp_path: Path) -> None:
    launch = Launch(tmp_path)
    session = launch.ask("/api/sessions", {"name": "Song"})["id"]
    version = launch.ask(f"/api/sessions/{session}")["version"]
    page = threading.Thread(target=launch.ask, args=[f"/api/sessions/{session}?after={version}"])
    page.start()
    time.sleep(1.0)
    started = time.monotonic()
    assert launch.interrupt() == ""
    assert launch.process.returncode == 0
    assert time.monotonic() - started < 10
    page.join(10)
    assert not page.is_alive()
