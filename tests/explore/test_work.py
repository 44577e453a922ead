"""Facts about what is done in the background, and about what is there the day after."""

import io
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from gen_mix.explore import views, work
from gen_mix.explore.limits import Limits
from tests.explore.server import finished, new_session, opened, send, serving, wave
from tests.explore.test_sessions import audio, sound


def test_the_day_after_everything_is_where_it_was(tmp_path: Path) -> None:
    with serving(tmp_path) as (client, _):
        view = opened(client, 2)
        slot = view["slots"][0]["id"]
        client.post(f"/api/sessions/{view['id']}/slots/{slot}", json={"verdict": "rejected"})
        before = client.get(f"/api/sessions/{view['id']}").json()
        survey = client.get(f"/api/sessions/{view['id']}/survey").json()
    for unfinished in (tmp_path / "sessions" / view["id"]).glob("audio/*.wav"):
        unfinished.unlink()  # sound can be made again
    with serving(tmp_path) as (client, _):
        assert [line["id"] for line in client.get("/api/hello").json()["sessions"]] == [view["id"]]
        client.post(f"/api/sessions/{view['id']}/open", json={})
        after = finished(client, view["id"])
        assert all(slot["has_audio"] for slot in after["slots"])
        assert client.get(f"/api/sessions/{view['id']}/survey").json() == survey
        for key in ("slots", "locks", "history", "tracks", "excerpt"):
            assert after[key] == before[key], key


def test_a_broken_session_does_not_hide_the_others(tmp_path: Path) -> None:
    with serving(tmp_path) as (client, _):
        good, bad = new_session(client, 1), new_session(client, 1)
        (tmp_path / "sessions" / bad / "session.json").write_text('{"format": 1, "id": ')
    with serving(tmp_path) as (client, _):
        assert [line["id"] for line in client.get("/api/hello").json()["sessions"]] == [good]
        assert client.get(f"/api/sessions/{bad}").status_code == 422


def test_a_deleted_session_is_gone(tmp_path: Path) -> None:
    with serving(tmp_path) as (client, _):
        session = new_session(client, 1)
        assert client.delete(f"/api/sessions/{session}").status_code == 200
        assert client.get(f"/api/sessions/{session}").status_code == 404
        assert list((tmp_path / "sessions").iterdir()) == []


def test_the_queue_has_an_end_and_jobs_can_be_stopped(tmp_path: Path) -> None:
    gate = threading.Event()

    def slow() -> Any:
        gate.wait(30)
        raise AssertionError("nobody needs the model")

    with serving(tmp_path, Limits(waiting_jobs=3), slow) as (client, explorer):
        session = new_session(client, 1)
        path = f"/api/sessions/{session}"
        answers = [client.post(f"{path}/sample", json={"count": 1}) for _ in range(20)]
        codes = [answer.status_code for answer in answers]
        assert set(codes) == {202, 429}
        assert codes.count(202) in (3, 4)  # one is at work as soon as the thread takes it
        jobs = [answer.json()["job"] for answer in answers if answer.status_code == 202]
        for job in jobs:
            assert client.delete(f"/api/jobs/{job}").status_code == 200
        assert client.delete(f"/api/jobs/{'0' * 16}").status_code == 404
        waiting = [job for job in explorer.jobs.of(session) if job.status == "waiting"]
        assert waiting == []
        gate.set()
        states = {job["status"] for job in finished(client, session)["jobs"]}
        assert states <= {"cancelled", "failed"}


@pytest.mark.slow
def test_a_stopped_job_leaves_what_is_whole(tmp_path: Path) -> None:
    with serving(tmp_path) as (client, _):
        view = opened(client, 2)
        path = f"/api/sessions/{view['id']}"
        job = client.post(f"{path}/sample", json={"count": 16}).json()["job"]
        while len(client.get(path).json()["slots"]) < 6:
            pass
        client.delete(f"/api/jobs/{job}")
        after = finished(client, view["id"])
        assert after["jobs"][-1]["status"] == "cancelled"
        assert 6 <= len(after["slots"]) < 20
        assert all(slot["has_audio"] for slot in after["slots"])
        assert not list(tmp_path.rglob("*.part"))


@pytest.mark.slow
def test_a_rough_mix_is_found_again_and_has_a_place(tmp_path: Path) -> None:
    gains = ((0.5, 0.5), (0.1, 0.3))
    with serving(tmp_path) as (client, explorer):
        session = client.post("/api/sessions", json={"name": "Rough"}).json()["id"]
        tracks = [wave(place, 3.0, rate=44100) for place in range(2)]
        for place, content in enumerate(tracks):
            send(client, session, f"{place}.wav", content)
        sounds = [sound(content)[:, 0] for content in tracks]
        bounce = np.stack([sum(g[side] * s for g, s in zip(gains, sounds, strict=True)) for side in (0, 1)], axis=1)
        buffer = io.BytesIO()
        soundfile.write(buffer, bounce, 44100, format="WAV", subtype="FLOAT")
        path = f"/api/sessions/{session}/files?as=rough&name=mix.wav"
        answer = client.post(path, content=buffer.getvalue(), headers={"content-type": "application/octet-stream"})
        assert answer.status_code == 201, answer.text
        client.post(f"/api/sessions/{session}/open", json={})
        view = finished(client, session, 120)
        assert view["jobs"][-1]["error"] == ""
        slot = view["slots"][-1]
        assert slot["name"] == "Rough mix"
        assert len(slot["place"]) == 2
        settings = work.settings_in(explorer, session, slot["mix"])
        first, second = settings["tracks"]
        assert first["pan"] == pytest.approx(0, abs=0.1)
        assert second["pan"] == pytest.approx(4 / np.pi * np.arctan(3.0) - 1, abs=0.15)


@pytest.mark.slow
def test_a_long_song_is_heard_in_part_and_the_part_can_be_moved(tmp_path: Path) -> None:
    with serving(tmp_path) as (client, _):
        session = client.post("/api/sessions", json={"name": "Long"}).json()["id"]
        quiet = np.zeros(60 * 8000, np.float32)
        quiet[40 * 8000 :] = 0.3 * np.sin(np.arange(20 * 8000) * 0.2)
        buffer = io.BytesIO()
        soundfile.write(buffer, quiet, 8000, format="WAV")
        for name in ("a", "b"):
            assert send(client, session, f"{name}.wav", buffer.getvalue()).status_code == 201
        client.post(f"/api/sessions/{session}/open", json={})
        view = finished(client, session)
        assert view["excerpt"] == {
            "start": pytest.approx(30.0, abs=1.0),
            "seconds": 30.0,
            "of": 60.0,
            "is_whole": False,
        }
        path = f"/api/sessions/{session}"
        mix = view["slots"][0]["mix"]
        assert audio(client, path, mix).shape == (30 * view["sample_rate"], 2)
        loud = np.abs(audio(client, path, mix)).max()
        client.post(f"{path}/excerpt", json={"start": 0})
        assert finished(client, session)["excerpt"]["start"] == 0
        assert np.abs(audio(client, path, mix)).max() < loud / 100
        assert len(client.get(f"{path}/overview").json()["levels"]) == 240


def test_a_job_told_as_done_has_its_mixes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if the job ends while the view is put together."""
    with serving(tmp_path) as (client, explorer):
        session = opened(client)["id"]
        draw = views.map_places

        def draw_late(*given: Any) -> Any:
            end = time.monotonic() + 30
            while any(job.status in ("waiting", "running") for job in explorer.jobs.of(session)):
                assert time.monotonic() < end
                time.sleep(0.01)
            return draw(*given)

        before = len(views.session_view(explorer, session)["slots"])
        client.post(f"/api/sessions/{session}/sample", json={"count": 2})
        monkeypatch.setattr(views, "map_places", draw_late)
        view = views.session_view(explorer, session)
        assert view["jobs"][-1]["status"] != "done" or len(view["slots"]) == before + 2
