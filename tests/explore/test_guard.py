"""Facts about who may ask the server for what."""

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from gen_mix.explore.guard import SECURITY_HEADERS, local_door, refused
from gen_mix.explore.workspace import Workspace
from tests.explore.server import HOST, TOKEN, new_session, serving

STATIC = files("gen_mix.explore").joinpath("static")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with serving(tmp_path_factory.mktemp("guard")) as (client, _):
        yield client


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "evil.example:8642", "[::1]:8642", ""])
@pytest.mark.parametrize("path", ["/", "/static/app.js", "/api/hello", "/take/" + "0" * 32])
def test_another_name_for_this_machine_is_refused(client: TestClient, host: str, path: str) -> None:
    assert client.get(path, headers={"host": host}).status_code == 400


def test_the_door_of_a_port_has_the_three_names_of_this_machine() -> None:
    assert local_door(81, "t").hosts == {"127.0.0.1:81", "localhost:81", "[::1]:81"}


@pytest.mark.parametrize(
    "token", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"bearer {TOKEN}"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_nothing_is_told_or_done_without_the_token(client: TestClient, token: str, method: str) -> None:
    session = new_session(client, 1)
    path = f"/api/sessions/{session}"
    headers = {"authorization": token, "content-type": "application/json"}
    assert client.request(method, path, headers=headers).status_code == 403
    assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": f"https://{HOST}"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_page_of_another_site_is_refused_even_with_the_token(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/api/sessions", json={"name": "x"}, headers=headers).status_code == 403
    assert client.post("/api/sessions", json={"name": "x"}, headers={"origin": f"http://{HOST}"}).status_code == 201


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"])
def test_what_a_form_can_send_is_refused(client: TestClient, kind: str) -> None:
    assert client.post("/api/sessions", content=b"name=x", headers={"content-type": kind}).status_code == 415


def test_reading_changes_nothing(tmp_path: Path) -> None:
    with serving(tmp_path) as (client, explorer):
        session = new_session(client, 1)
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        paths = {route.path for route in client.app.routes if "GET" in route.methods}  # type: ignore[attr-defined]
        assert len(paths) > 10
        for path in paths:
            client.get(re.sub(r"\{\w+\}", session, path))
        assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
        assert explorer.jobs.of(session) == []


@pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "TRACE", "PUT"])
def test_unused_methods_are_refused(client: TestClient, method: str) -> None:
    headers = {"content-type": "application/json"}
    assert client.request(method, "/api/sessions", headers=headers).status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/files/../../etc/passwd",
        "/static/../guard.py",
        "/static/%2e%2e/guard.py",
        "/static/..%2fguard.py",
        "/static/..\\guard.py",
        "/static/app.js%00.css",
        "/api/sessions/..%2f..%2fetc/audio/0000000000000000",
        "/api/sessions/0000000000000000/audio/..%2f..%2fsession",
        "/api/sessions/%2e%2e",
        "/api/sessions/..",
        "/api/sessions/0000000000000000%00",
        "/api/sessions/0000000000000000/mixes/%2e%2e%2fsession",
        "/take/..%2f..%2fetc%2fpasswd",
        "/take/%2e%2e",
    ],
)
def test_only_ids_lead_to_files(client: TestClient, path: str) -> None:
    assert client.get(path).status_code in (404, 422)
    assert "root:" not in client.get(path).text


def test_an_id_is_all_that_becomes_part_of_a_path(tmp_path: Path) -> None:
    workspace = Workspace.at(tmp_path)
    for text in ("..", "../x", "a" * 15, "A" * 16, "0" * 16 + "\n", "/" + "0" * 15, ""):
        with pytest.raises(ValueError, match="id: expected 16"):
            workspace.folder(text)


@pytest.mark.parametrize("path", ["/", "/static/app.js", "/nothing", "/api/hello", "/api/sessions/x"])
def test_every_answer_says_what_a_page_may_do(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert "cache-control" in answer.headers
    assert "access-control-allow-origin" not in answer.headers


def test_refusals_say_it_too(client: TestClient) -> None:
    assert "content-security-policy" in client.get("/", headers={"host": "evil.example"}).headers


def test_the_page_has_no_script_style_or_address_that_the_policy_would_stop() -> None:
    policy = SECURITY_HEADERS["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    page = STATIC.joinpath("index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"\son\w+=|\sstyle=|javascript:", page) == []
    for entry in STATIC.iterdir():
        text = entry.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert (
            re.findall(r"https?://|\bimport\(|\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML", text) == []
        )


def test_the_token_is_compared_whatever_the_path_is_spelt_like() -> None:
    door = local_door(81, "t")
    answer = refused(door, "GET", "/api/x", {"host": "127.0.0.1:81"})
    assert answer is not None
    assert answer.status_code == 403
    assert refused(door, "GET", "/api/x", {"host": "127.0.0.1:81", "authorization": "Bearer t"}) is None
