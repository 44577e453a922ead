"""Facts about a session on the page, from files to mixes, moves, places between, undo, and the day after."""

import asyncio
import io
import json
import re
import shutil
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from starlette.testclient import TestClient

from gen_mix.explore import work
from gen_mix.explore.explorer import Explorer
from gen_mix.export.mix_file import read_mix_file
from gen_mix.rendering import render_mix
from gen_mix.sessions.folder import read_session
from tests.explore.server import HOST, finished, opened, serving

State = dict[str, Any]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, Explorer, State]]:
    """Yield a client, the explorer and a session with its first mixes."""
    with serving(tmp_path_factory.mktemp("sessions")) as (client, explorer):
        yield client, explorer, opened(client)


@pytest.fixture
def client(place: tuple[TestClient, Explorer, State]) -> TestClient:
    return place[0]


@pytest.fixture
def path(place: tuple[TestClient, Explorer, State]) -> str:
    return f"/api/sessions/{place[2]['id']}"


def sound(content: bytes) -> np.ndarray:
    frames, _ = soundfile.read(io.BytesIO(content), dtype="float32", always_2d=True)
    return np.asarray(frames)


def audio(client: TestClient, path: str, mix: str) -> np.ndarray:
    return sound(client.get(f"{path}/audio/{mix}").content)


def preview(client: TestClient, path: str, body: State) -> np.ndarray:
    answer = client.post(f"{path}/preview", json=body)
    assert answer.status_code == 200, answer.text
    return sound(answer.content)


def far(one: np.ndarray, other: np.ndarray) -> float:
    """Return the largest difference of two sounds."""
    return float(np.abs(one - other).max())


def test_a_session_opens_with_four_mixes_and_a_map(client: TestClient, path: str) -> None:
    view = client.get(path).json()
    assert [slot["name"] for slot in view["slots"][:4]] == ["Mix 1", "Mix 2", "Mix 3", "Mix 4"]
    assert [track["name"] for track in view["tracks"]] == ["part 0", "part 1", "part 2"]
    assert [track["is_stereo"] for track in view["tracks"]] == [False, False, True]
    assert all(slot["has_audio"] and len(slot["place"]) == 2 for slot in view["slots"])
    assert view["history"]["moments"][1]["label"] == "Mix 1 to Mix 4 sampled"


def test_a_mix_on_the_page_is_the_mix_that_its_file_renders_to(
    place: tuple[TestClient, Explorer, State], tmp_path: Path
) -> None:
    client, explorer, view = place
    session = read_session(explorer.workspace.folder(view["id"]))
    slot = view["slots"][1]
    file = tmp_path / "mix.json"
    file.write_text(json.dumps(explorer.mix_facts(view["id"], slot["mix"])["document"]))
    mix = read_mix_file(file, session)
    rendered = render_mix(session, mix.parameters, mix.target_lufs).audio
    heard = audio(client, f"/api/sessions/{view['id']}", slot["mix"])
    assert heard.shape == (session.samples, 2)
    assert far(heard, rendered.T.numpy()) < 2**-22


def test_seeds_on_the_page_mean_what_they_mean_elsewhere(place: tuple[TestClient, Explorer, State]) -> None:
    _, explorer, view = place
    studio = explorer.studio(view["id"])
    choice = studio.pipeline.choose(studio.session, studio.pipeline.embed(studio.session), 2)
    kept = studio.parameters(work.settings_in(explorer, view["id"], view["slots"][2]["mix"]))
    assert torch.equal(choice.parameters.normalized, kept.normalized)


def test_settings_that_nobody_moved_sound_as_before(client: TestClient, path: str) -> None:
    mix = client.get(path).json()["slots"][0]["mix"]
    settings = client.get(f"{path}/mixes/{mix}").json()
    assert far(preview(client, path, {"settings": settings}), audio(client, path, mix)) == 0


def test_a_track_alone_is_what_is_left_without_the_others(client: TestClient, path: str) -> None:
    mix = client.get(path).json()["slots"][0]["mix"]
    settings = client.get(f"{path}/mixes/{mix}").json()
    for track in settings["tracks"]:
        track["compressor"] = {"on": False}
        track["sends"] = {"reverb_db": None, "delay_db": None}
    settings["master"] = {"eq": {"on": False, "bands": []}, "compressor": {"on": False}}
    for track in settings["tracks"]:
        track["fader_db"] -= 20  # far from the limiter
    parts = [preview(client, path, {"settings": settings, "heard": [at == one for at in range(3)]}) for one in range(3)]
    two = preview(client, path, {"settings": settings, "heard": [True, True, False]})
    nothing = preview(client, path, {"settings": settings, "heard": [False] * 3})
    assert far(parts[0] + parts[1], two) < 1e-5
    assert np.abs(nothing).max() == 0
    assert all(np.abs(part).max() > 1e-3 for part in parts)


@pytest.mark.parametrize("way", ["latent", "straight"])
def test_the_ends_of_the_way_between_two_mixes_are_the_mixes(client: TestClient, path: str, way: str) -> None:
    one, other = (slot["mix"] for slot in client.get(path).json()["slots"][:2])
    first, second = audio(client, path, one), audio(client, path, other)
    assert far(preview(client, path, {"between": [[one, 1], [other, 0]], "way": way}), first) == 0
    assert far(preview(client, path, {"between": [[one, 0], [other, 0.4]], "way": way}), second) == 0
    middle = preview(client, path, {"between": [[one, 0.5], [other, 0.5]], "way": way})
    assert far(middle, first) > 1e-3
    assert far(middle, second) > 1e-3
    again = preview(client, path, {"between": [[other, 0.5], [one, 0.5]], "way": way})
    assert far(middle, again) < 1e-3


def test_a_move_is_kept_in_its_place_and_undone(client: TestClient, path: str) -> None:
    before = client.get(path).json()
    slot = before["slots"][0]
    settings = client.get(f"{path}/mixes/{slot['mix']}").json()
    settings["tracks"][1]["fader_db"] = -33.0
    kept = client.post(f"{path}/keep", json={"settings": settings, "slot": slot["id"], "label": "part 1 down"})
    assert kept.status_code == 201
    after = client.get(path).json()
    assert after["slots"][0]["mix"] == kept.json()["mix"] != slot["mix"]
    assert client.get(f"{path}/mixes/{kept.json()['mix']}").json()["tracks"][1]["fader_db"] == -33.0
    assert [s["mix"] for s in after["slots"][1:]] == [s["mix"] for s in before["slots"][1:]]
    assert far(audio(client, path, kept.json()["mix"]), audio(client, path, slot["mix"])) > 1e-4
    client.post(f"{path}/history", json={"action": "undo"})
    assert client.get(path).json()["slots"] == before["slots"]
    client.post(f"{path}/history", json={"action": "redo"})
    assert client.get(path).json()["slots"] == after["slots"]


def test_what_is_locked_stays_to_the_last_bit(place: tuple[TestClient, Explorer, State], path: str) -> None:
    client, explorer, _ = place
    locks = ["track.0.level", "track.1.tone", "track.2.place", "reverb", "master.dynamics"]
    assert client.post(f"{path}/locks", json={"locks": locks}).status_code == 200
    base = client.get(path).json()["slots"][1]
    assert client.post(f"{path}/sample", json={"count": 1, "base": base["id"], "strength": 1.0}).status_code == 202
    view = finished(client, path.rsplit("/", 1)[-1])
    old, new = (work.settings_in(explorer, view["id"], slot["mix"]) for slot in (base, view["slots"][-1]))
    assert new["tracks"][0]["fader_db"] == old["tracks"][0]["fader_db"]
    for part in ("eq", "high_pass"):
        assert new["tracks"][1][part] == old["tracks"][1][part]
    assert (new["tracks"][2]["pan"], new["tracks"][2]["width"]) == (old["tracks"][2]["pan"], old["tracks"][2]["width"])
    assert new["buses"]["reverb"] == old["buses"]["reverb"]
    assert new["master"]["compressor"] == old["master"]["compressor"]
    assert new["tracks"][1]["fader_db"] != old["tracks"][1]["fader_db"]
    client.post(f"{path}/locks", json={"locks": []})


def test_what_a_track_is_said_to_be_is_believed_by_new_mixes(
    place: tuple[TestClient, Explorer, State], path: str
) -> None:
    client, explorer, _ = place
    before = client.get(path).json()
    assert {track["told"] for track in before["tracks"]} == {None}
    assert {track["heard"] for track in before["tracks"]} <= {name for name, _ in before["instruments"]}
    for telling in ({"instrument": "kick"}, {"instrument": "lead_vocal", "leads": True}):
        assert client.post(f"{path}/told", json={"track": 1, **telling}).status_code == 200
    view = client.get(path).json()
    assert (view["tracks"][1]["told"], view["tracks"][1]["leads"]) == ("lead_vocal", True)
    assert view["tracks"][1]["heard"] == before["tracks"][1]["heard"]
    assert view["history"]["moments"][-1]["label"].endswith("is lead vocal and leads")
    client.post(f"{path}/sample", json={"count": 1})
    view = finished(client, path.rsplit("/", 1)[-1])
    document = explorer.mix_facts(view["id"], view["slots"][-1]["mix"])["document"]
    assert list(document["conditions"]["told"].values()) == ["lead_vocal lead"]
    client.post(f"{path}/told", json={"track": 1, "instrument": ""})
    assert client.get(path).json()["tracks"][1]["told"] is None
    client.post(f"{path}/history", json={"action": "undo"})
    assert client.get(path).json()["tracks"][1]["told"] == "lead_vocal"
    client.post(f"{path}/told", json={"track": 1, "instrument": ""})


def test_names_are_believed_where_nothing_was_said(client: TestClient, path: str) -> None:
    before = client.get(path).json()
    assert all(track["told"] is None for track in before["tracks"])
    client.post(f"{path}/told", json={"track": 0, "instrument": "organ"})
    client.post(f"{path}/told", json={"names": True})
    after = client.get(path).json()["tracks"]
    assert [track["told"] for track in after] == ["organ", *(track["called"] for track in before["tracks"][1:])]
    for _ in range(2):
        client.post(f"{path}/history", json={"action": "undo"})
    assert all(track["told"] is None for track in client.get(path).json()["tracks"])


def test_strength_zero_changes_nothing(place: tuple[TestClient, Explorer, State], path: str) -> None:
    client, explorer, _ = place
    base = client.get(path).json()["slots"][2]
    client.post(f"{path}/sample", json={"count": 1, "base": base["id"], "strength": 0})
    view = finished(client, path.rsplit("/", 1)[-1])
    old, new = (work.settings_in(explorer, view["id"], slot["mix"]) for slot in (base, view["slots"][-1]))
    assert new == old


def test_a_grey_dot_becomes_the_mix_that_it_was(client: TestClient, path: str) -> None:
    background = client.get(f"{path}/survey").json()["background"]
    client.post(f"{path}/sample", json={"spot": 5})
    slot = finished(client, path.rsplit("/", 1)[-1])["slots"][-1]
    np.testing.assert_allclose(slot["place"], background[5], atol=0.02)


def test_places_on_the_map_stay_when_mixes_come(client: TestClient, path: str) -> None:
    before = {slot["mix"]: slot["place"] for slot in client.get(path).json()["slots"]}
    client.post(f"{path}/sample", json={"count": 2})
    after = {slot["mix"]: slot["place"] for slot in finished(client, path.rsplit("/", 1)[-1])["slots"]}
    assert before.items() <= after.items()
    assert len(after) == len(before) + 2


def test_loudness_is_matched_downwards_only(client: TestClient, path: str) -> None:
    slots = client.get(path).json()["slots"]
    for kind in ("matched_gain", "natural_gain"):
        gains = [slot[kind] for slot in slots]
        assert max(gains) == 1.0
        assert min(gains) > 0
    levels = [slot["loudness_lufs"] + 20 * np.log10(slot["matched_gain"]) for slot in slots]
    assert max(levels) - min(levels) < 0.01


def test_names_verdicts_and_snapshots_are_kept(client: TestClient, path: str) -> None:
    slot = client.get(path).json()["slots"][3]["id"]
    client.post(f"{path}/slots/{slot}", json={"verdict": "favourite"})
    client.post(f"{path}/slots/{slot}", json={"name": "<b>The one</b>"})
    client.post(f"{path}/history", json={"action": "name", "name": "before lunch"})
    moment = client.get(path).json()["history"]["names"]["before lunch"]
    client.post(f"{path}/slots/{slot}", json={"verdict": ""})
    client.post(f"{path}/history", json={"action": "go", "moment": moment})
    view = client.get(path).json()
    assert (view["slots"][3]["name"], view["slots"][3]["verdict"]) == ("<b>The one</b>", "favourite")
    client.post(f"{path}/history", json={"action": "forget", "name": "before lunch"})
    assert client.get(path).json()["history"]["names"] == {}


@pytest.mark.parametrize(
    ("rest", "body"),
    [
        ("preview", {"settings": {}}),
        ("preview", {"settings": {"tracks": [1, 2, 3], "buses": {}, "master": {}}}),
        ("preview", {"settings": "x"}),
        ("preview", {"mix": "../../session"}),
        ("preview", {"mix": "0" * 16}),
        ("preview", {"between": [["0" * 16, 1]]}),
        ("preview", {"between": []}),
        ("preview", {"between": [["x"]]}),
        ("preview", {"between": [["0" * 16, 1]], "way": "round about"}),
        ("preview", {}),
        ("keep", {"settings": {}, "label": "x"}),
        ("sample", {"count": 0}),
        ("sample", {"count": 10**9}),
        ("sample", {"count": True}),
        ("sample", {"base": "nobody"}),
        ("sample", {"strength": 2}),
        ("sample", {"strength": "much"}),
        ("sample", {"spot": -1}),
        ("sample", {"amounts": {"eq": 7}}),
        ("sample", {"amounts": {"volume": 1}}),
        ("locks", {"locks": ["track.9.level"]}),
        ("locks", {"locks": "all"}),
        ("told", {"track": 0, "instrument": "kazoo"}),
        ("told", {"track": 0, "instrument": ["kick"]}),
        ("told", {"track": 99, "instrument": "kick"}),
        ("told", {"track": 0, "instrument": "kick", "leads": "much"}),
        ("told", {}),
        ("history", {"action": "erase"}),
        ("history", {"action": "go", "moment": 10**6}),
        ("history", {"action": "name", "name": "\n"}),
        ("slots/nobody", {"verdict": "favourite"}),
        ("export", {"slots": [], "formats": ["stems"]}),
        ("export", {"slots": ["nobody"], "formats": ["stems"]}),
        ("excerpt", {"start": -1}),
    ],
)
def test_nonsense_is_refused_in_words_and_changes_nothing(
    client: TestClient, path: str, rest: str, body: State
) -> None:
    before = client.get(path).json()
    answer = client.post(f"{path}/{rest}", json=body)
    assert answer.status_code in (404, 422), answer.text
    assert answer.json()["error"]
    after = client.get(path).json()
    assert {**after, "jobs": []} == {**before, "jobs": []}


def test_mixes_are_taken_away_in_one_file(client: TestClient, path: str) -> None:
    slot = client.get(path).json()["slots"][0]
    client.post(f"{path}/export", json={"slots": [slot["id"]], "formats": ["recall", "csv"]})
    job = finished(client, path.rsplit("/", 1)[-1])["jobs"][-1]
    assert job["status"] == "done", job
    ticket = job["result"]["ticket"]
    answer = client.get(f"/take/{ticket}", headers={"authorization": ""})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert {"README.md", "settings.csv", "Mix 1.json"} <= set(archive.namelist())
    assert client.get(f"/take/{ticket[:-1]}0" if ticket[-1] != "0" else f"/take/{ticket[:-1]}1").status_code == 404


def test_how_large_an_export_is_can_be_asked_and_what_has_no_room_is_refused(
    client: TestClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots = [slot["id"] for slot in client.get(path).json()["slots"][:2]]
    order = {"slots": slots, "formats": ["stems", "dawproject", "recall"], "audio": "wav32f"}
    told = client.post(f"{path}/export/size", json=order).json()
    assert sorted(told["bytes"], key=told["bytes"].get) == ["flac", "wav24", "wav32f"]
    client.post(f"{path}/export", json=order)
    job = finished(client, path.rsplit("/", 1)[-1])["jobs"][-1]
    assert job["result"]["bytes"] == pytest.approx(told["bytes"]["wav32f"], rel=0.1)
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage._replace(free=1000))
    assert client.post(f"{path}/export/size", json=order).json()["free_bytes"] == 1000
    refused = client.post(f"{path}/export", json=order)
    assert refused.status_code == 422
    assert re.fullmatch(r"disk: expected room for about .+ \(as wav24 .+\), got 0.1 MB free", refused.json()["error"])


def test_a_part_of_the_sound_can_be_asked_for(client: TestClient, path: str) -> None:
    mix = client.get(path).json()["slots"][0]["mix"]
    whole = client.get(f"{path}/audio/{mix}").content
    part = client.get(f"{path}/audio/{mix}", headers={"range": "bytes=100-199"})
    assert part.status_code == 206
    assert part.content == whole[100:200]
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole)}"
    assert client.get(f"{path}/audio/{mix}", headers={"range": f"bytes={len(whole)}-"}).status_code == 416
    assert "private" in part.headers["cache-control"]


def test_a_large_file_goes_out_in_small_pieces(tmp_path: Path) -> None:
    size, ticket, sent = 1 << 28, "0" * 32, []
    with serving(tmp_path) as (client, _):
        (tmp_path / "exports").mkdir()
        with (tmp_path / "exports" / f"{ticket}.zip").open("wb") as file:
            file.truncate(size)  # on most disks nothing but a length

        async def receive() -> State:
            return await asyncio.sleep(60, {"type": "http.disconnect"})

        async def send(message: Any) -> None:
            sent.append(len(message.get("body", b"")))

        headers = [(b"host", HOST.encode())]
        scope = {"type": "http", "method": "GET", "path": f"/take/{ticket}", "headers": headers, "query_string": b""}
        answer = client.app(scope | {"http_version": "1.1", "scheme": "http", "root_path": ""}, receive, send)
        with ThreadPoolExecutor(1) as elsewhere:  # a browser of another test may keep a loop in this thread
            elsewhere.submit(asyncio.run, answer).result()
    assert sum(sent) == size
    assert max(sent) <= 1 << 20


def test_previews_do_not_pile_up(place: tuple[TestClient, Explorer, State]) -> None:
    _, explorer, _ = place
    gate, started = threading.Event(), threading.Event()
    results: list[bytes | None] = []

    def render() -> bytes:
        started.set()
        gate.wait(30)
        return b"sound"

    threads = [threading.Thread(target=lambda: results.append(explorer.preview(render))) for _ in range(10)]
    for thread in threads:
        thread.start()
    started.wait(30)
    while len(results) < 10 - explorer.limits.waiting_previews:
        pass
    assert results == [None] * (10 - explorer.limits.waiting_previews)
    gate.set()
    for thread in threads:
        thread.join(30)
    assert results.count(b"sound") == explorer.limits.waiting_previews
