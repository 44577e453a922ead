"""Facts about records that new mixes are to sound like."""

import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from starlette.testclient import TestClient

from gen_mix.audio import AudioFile
from gen_mix.explore import work
from gen_mix.explore.explorer import Explorer, folder_session
from gen_mix.explore.limits import Limits
from gen_mix.explore.records import place_of
from gen_mix.steering.production import ASPECTS, PRODUCTION, SPREADS
from gen_mix.steering.references import reference_of
from gen_mix.wishes import Wishes
from tests.explore.server import finished, new_session, opened, send, serving, wave

State = dict[str, Any]


def record(seed: int = 0, seconds: float = 14.0, channels: int = 2, level: float = 0.3, rate: int = 22050) -> bytes:
    """Return a record: dull noise, louder in the middle."""
    rng = np.random.default_rng(seed)
    at = np.arange(int(seconds * rate)) / rate
    loudness = level * (0.2 + 0.8 * np.exp(-(((at - seconds / 2) / 4) ** 2)))
    dull = np.exp(-np.arange(40) / 8)
    noise = [np.convolve(rng.standard_normal(at.size), dull, mode="same") for _ in range(channels)]
    frames = np.stack([loudness * part for part in noise], axis=1)
    buffer = io.BytesIO()
    soundfile.write(buffer, level * frames / np.abs(frames).max(), rate, format="WAV", subtype="FLOAT")
    return buffer.getvalue()


def drop(client: TestClient, session: str, name: str, content: bytes) -> Any:
    """Send a record and return the answer."""
    return send(client, session, name, content, "record")


def state(client: TestClient, session: str) -> State:
    view: State = client.get(f"/api/sessions/{session}").json()
    return view


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, Explorer, str, Path]]:
    """Yield a client, the explorer, the id of an opened session and where it is kept."""
    root = tmp_path_factory.mktemp("records")
    with serving(root) as (client, explorer):
        yield client, explorer, opened(client)["id"], root


@pytest.fixture
def place(shared: tuple[TestClient, Explorer, str, Path]) -> Iterator[tuple[TestClient, Explorer, str, Path]]:
    """Yield the same with one record in the session, and take it away again."""
    client, _, session, _ = shared
    answer = drop(client, session, "A Song.wav", record())
    assert answer.status_code == 201, answer.text
    yield shared
    for one in state(client, session)["records"]:
        client.delete(f"/api/sessions/{session}/records/{one['id']}")


def test_what_is_taken_from_a_record_is_what_is_taken_elsewhere(place: tuple[TestClient, Explorer, str, Path]) -> None:
    client, _, session, _ = place
    (told,) = state(client, session)["records"]
    frames, rate = soundfile.read(io.BytesIO(record()), dtype="float32", always_2d=True)
    audio = torch.from_numpy(frames.T.copy())
    ours = reference_of(AudioFile(audio, rate), "A Song", None, 1.0, tuple(ASPECTS))
    assert told["name"] == "A Song"
    assert told["sound"] == pytest.approx(ours.sound, abs=1e-3)
    assert tuple(told["section"]) == ours.seconds
    assert (told["weight"], told["aspects"]) == (1.0, list(ASPECTS))
    first, last = (round(edge * rate) for edge in ours.seconds)
    answer = client.get(f"/api/sessions/{session}/sections/{told['sounds']}")
    heard, _ = soundfile.read(io.BytesIO(answer.content), dtype="float32", always_2d=True)
    np.testing.assert_array_equal(heard, frames[first:last])


def test_mixes_and_records_are_equally_loud(place: tuple[TestClient, Explorer, str, Path]) -> None:
    client, _, session, _ = place
    drop(client, session, "quiet.wav", record(1, level=0.02))
    view = state(client, session)
    loud, quiet = view["records"]
    heard = [one["loudness_lufs"] + 20 * np.log10(one["matched_gain"]) for one in (*view["slots"], loud)]
    assert max(heard) - min(heard) < 0.01
    assert all(0 < one["matched_gain"] <= 1 for one in (*view["slots"], loud, quiet))
    assert quiet["matched_gain"] == 1.0  # and still softer than the mixes, which it takes down by 12 dB at most
    assert min(heard) > -16 - 12.1


def test_new_mixes_follow_a_record_and_say_how_far(place: tuple[TestClient, Explorer, str, Path]) -> None:
    client, explorer, session, _ = place
    (told,) = state(client, session)["records"]
    client.post(f"/api/sessions/{session}/records/{told['id']}", json={"weight": 0.5, "aspects": ["tone"]})
    seed = explorer.kept(session).seeds
    client.post(f"/api/sessions/{session}/sample", json={"count": 1})
    slot = finished(client, session)["slots"][-1]
    assert slot["origin"] == f"like A Song, seed {seed}"
    frames, rate = soundfile.read(io.BytesIO(record()), dtype="float32", always_2d=True)
    wish = reference_of(AudioFile(torch.from_numpy(frames.T.copy()), rate), "A Song", None, 0.5, ("tone",))
    studio, pipeline = explorer.studio(session), explorer.pipeline()
    steering = pipeline.steer(studio.session, studio.condition, Wishes(references=(wish,)))
    choice = pipeline.choose(studio.session, studio.condition, seed, steering=steering)
    theirs, ours = work.settings_in(explorer, session, slot["mix"]), studio.settings(choice.parameters)
    for one, other in zip(theirs["tracks"], ours["tracks"], strict=True):
        assert one["fader_db"] == pytest.approx(other["fader_db"], abs=0.05)  # what was measured is kept rounded
    met = explorer.mix_facts(session, slot["mix"])["document"]["conditions"]["reference"]
    assert met["references"][0] | {"seconds": None} == {
        "file": "A Song", "weight": 0.5, "aspects": ["tone"], "seconds": None,
    }  # fmt: skip
    assert met["missed_by_spreads"] >= 0


def test_a_record_without_weight_is_only_there_to_be_heard(place: tuple[TestClient, Explorer, str, Path]) -> None:
    client, explorer, session, _ = place
    (told,) = state(client, session)["records"]
    client.post(f"/api/sessions/{session}/records/{told['id']}", json={"weight": 0})
    client.post(f"/api/sessions/{session}/sample", json={"count": 1})
    slot = finished(client, session)["slots"][-1]
    assert slot["origin"].startswith("seed ")
    assert "reference" not in explorer.mix_facts(session, slot["mix"])["document"]["conditions"]


def test_no_record_moves_a_grey_dot(place: tuple[TestClient, Explorer, str, Path]) -> None:
    client, _, session, _ = place
    background = client.get(f"/api/sessions/{session}/survey").json()["background"]
    client.post(f"/api/sessions/{session}/sample", json={"spot": 4})
    assert finished(client, session)["slots"][-1]["place"] == pytest.approx(background[4], abs=0.02)


def test_a_record_is_taken_away_and_comes_back_by_undo(place: tuple[TestClient, Explorer, str, Path]) -> None:
    client, _, session, _ = place
    before = state(client, session)["records"]
    assert client.delete(f"/api/sessions/{session}/records/{before[0]['id']}").status_code == 200
    assert state(client, session)["records"] == []
    assert client.delete(f"/api/sessions/{session}/records/{before[0]['id']}").status_code == 422
    client.post(f"/api/sessions/{session}/history", json={"action": "undo"})
    assert state(client, session)["records"] == before
    assert client.get(f"/api/sessions/{session}/sections/{before[0]['sounds']}").content.startswith(b"RIFF")


def test_another_section_is_another_sound_and_moves_one_after_another_are_one_moment(
    place: tuple[TestClient, Explorer, str, Path],
) -> None:
    client, _, session, _ = place
    before = state(client, session)
    (old,) = before["records"]
    for change in ({"start": 0}, {"weight": 0.3}, {"start": 1.5}):
        assert client.post(f"/api/sessions/{session}/records/{old['id']}", json=change).status_code == 200
    after = state(client, session)
    (new,) = after["records"]
    assert (new["id"], new["section"], new["weight"]) == (old["id"], [1.5, 11.5], 0.3)
    assert new["sounds"] != old["sounds"]
    assert new["sound"] != old["sound"]
    assert len(after["history"]["moments"]) == len(before["history"]["moments"]) + 1


@pytest.mark.parametrize(
    "change",
    [
        {"weight": 1.5}, {"weight": -0.1}, {"weight": "much"}, {"weight": None}, {"aspects": []}, {"aspects": "tone"},
        {"aspects": ["reverb"]}, {"aspects": [["tone"]]}, {"aspects": [{}]}, {"start": -1}, {"start": 1e9},
        {"start": True},
    ],
)  # fmt: skip
def test_nonsense_about_a_record_is_refused_and_changes_nothing(
    place: tuple[TestClient, Explorer, str, Path], change: State
) -> None:
    client, _, session, _ = place
    before = state(client, session)
    answer = client.post(f"/api/sessions/{session}/records/{before['records'][0]['id']}", json=change)
    assert answer.status_code == 422, answer.text
    assert state(client, session) == before


def test_records_that_are_not_there_are_told_as_such(shared: tuple[TestClient, Explorer, str, Path]) -> None:
    client, _, session, _ = shared
    for name in ("0" * 16, "..%2f..%2fsession", "nobody"):
        assert client.post(f"/api/sessions/{session}/records/{name}", json={"weight": 1}).status_code in (404, 422)
        assert client.get(f"/api/sessions/{session}/sections/{name}").status_code in (404, 422)
    assert client.get(f"/api/sessions/{session}/mixes/{'0' * 16}/sound").status_code in (404, 422)


def test_of_a_mono_record_no_width_is_offered(shared: tuple[TestClient, Explorer, str, Path]) -> None:
    client, _, session, _ = shared
    drop(client, session, "mono.wav", record(2, channels=1))
    told = state(client, session)["records"][-1]
    assert told["offers"] == ["tone", "dynamics"]
    path = f"/api/sessions/{session}/records/{told['id']}"
    assert client.post(path, json={"aspects": ["width"]}).status_code == 422
    heard, _ = soundfile.read(io.BytesIO(client.get(f"/api/sessions/{session}/sections/{told['sounds']}").content))
    np.testing.assert_array_equal(heard[:, 0], heard[:, 1])
    client.delete(path)


def test_records_are_there_after_a_restart(tmp_path: Path) -> None:
    with serving(tmp_path) as (client, _):
        session = new_session(client, 2)
        drop(client, session, "song.wav", record(seconds=3.0))
        (told,) = state(client, session)["records"]
        assert told["place"] is None  # no map yet
        client.post(f"/api/sessions/{session}/records/{told['id']}", json={"weight": 0.25})
    with serving(tmp_path) as (client, _):
        client.post(f"/api/sessions/{session}/open", json={})
        view = finished(client, session)
        assert [(one["id"], one["weight"]) for one in view["records"]] == [(told["id"], 0.25)]
        assert view["records"][0]["place"] is not None
        assert len(view["slots"]) == 4
        assert all(slot["origin"].startswith("seed ") for slot in view["slots"])  # the first mixes are free
        assert client.get(f"/api/sessions/{session}/sections/{told['sounds']}").content.startswith(b"RIFF")
        # A map of an earlier version knows nothing of how its samples sound; it learns that and stays where it is.
        file = tmp_path / "sessions" / session / "map.json"
        whole = json.loads(file.read_text())
        file.write_text(json.dumps({key: value for key, value in whole.items() if key != "production"}))
        assert state(client, session)["records"][0]["place"] is None
    with serving(tmp_path) as (client, _):
        client.post(f"/api/sessions/{session}/open", json={})
        finished(client, session)
        again = json.loads(file.read_text())
        assert again["atlas"] == whole["atlas"]
        np.testing.assert_allclose(again["production"], whole["production"], atol=0.01)


def test_a_record_beside_the_tracks_of_a_folder_is_taken_in_once(tmp_path: Path) -> None:
    folder = tmp_path / "song"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.wav").write_bytes(wave(ord(name)))
    (folder / "Reference.wav").write_bytes(record(seconds=3.0))
    with serving(tmp_path / "state") as (client, explorer):
        session = folder_session(explorer, folder, "0123456789abcdef").id
        client.post(f"/api/sessions/{session}/open", json={})
        view = finished(client, session)
        assert [(one["name"], one["weight"]) for one in view["records"]] == [("Reference", 1.0)]
        client.delete(f"/api/sessions/{session}/records/{view['records'][0]['id']}")
    with serving(tmp_path / "state") as (client, explorer):
        folder_session(explorer, folder, "0123456789abcdef")
        client.post(f"/api/sessions/{session}/open", json={})
        assert finished(client, session)["records"] == []
    shutil.rmtree(folder)


def test_there_is_room_for_so_many_records_and_no_more(tmp_path: Path) -> None:
    small = Limits(records=2, session_bytes=600_000, record_seconds=2.0, record_bytes=400_000)
    with serving(tmp_path, small) as (client, _):
        session = client.post("/api/sessions", json={"name": "Song"}).json()["id"]
        assert "at most 2 s" in drop(client, session, "long.wav", record(seconds=2.2)).json()["error"]
        assert "at most" in drop(client, session, "large.wav", record(seconds=1.8, rate=44100)).json()["error"]
        answers = [drop(client, session, f"{seed}.wav", record(seed, 1.5)) for seed in range(3)]
        assert [answer.status_code for answer in answers] == [201, 201, 422]
        assert "at most 2" in answers[2].json()["error"]
        for _ in range(2):  # what was taken away is kept for undo, and counts until the session goes
            client.delete(f"/api/sessions/{session}/records/{state(client, session)['records'][0]['id']}")
        assert drop(client, session, "3.wav", record(3, 1.5)).status_code == 422
        assert len(list((tmp_path / "sessions" / session / "records").glob("*.wav"))) == 2


def test_a_record_stands_where_a_mix_that_measures_like_it_is_expected() -> None:
    generator = torch.Generator().manual_seed(0)
    production = torch.randn(400, len(PRODUCTION), generator=generator) * SPREADS
    slopes = torch.rand(len(PRODUCTION), 2, generator=generator) - 0.5
    background = (production / SPREADS) @ slopes + torch.tensor([0.3, -0.2])
    sound = torch.linspace(-1, 1, len(PRODUCTION)) * SPREADS
    facts = {"sound": sound.tolist(), "offers": list(ASPECTS)}
    place, _ = place_of(facts, production, background)
    assert place == pytest.approx(((sound / SPREADS) @ slopes + torch.tensor([0.3, -0.2])).tolist(), abs=0.06)
    order = torch.randperm(400, generator=generator)
    assert place_of(facts, production[order], background[order])[0] == pytest.approx(place, abs=1e-3)
    assert place_of({**facts, "sound": production[7].tolist()}, production, background)[1] == 0
    far, further = ({**facts, "sound": (sign * 100 * SPREADS).tolist()} for sign in (1, 10))
    assert place_of(far, production, background)[0] == place_of(further, production, background)[0]
    other = production.clone()
    other[:, ASPECTS["width"]] += 100
    narrow = {**facts, "offers": ["tone", "dynamics"]}
    assert place_of(narrow, production, background) == place_of(narrow, other, background)
