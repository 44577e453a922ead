"""Facts about what is asked of new mixes, in words and otherwise."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from gen_mix.explore import work
from gen_mix.explore.explorer import Explorer
from gen_mix.wishes import Wishes
from gen_mix.words.reading import MOST_LETTERS, read_prompt
from tests.explore.server import finished, opened, send, serving, wave

WORDS = "warm and wide, drier drums, xyzzyq"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, Explorer, str]]:
    """Yield a client, the explorer and the id of an opened session."""
    with serving(tmp_path_factory.mktemp("asking")) as (client, explorer):
        yield client, explorer, opened(client)["id"]


def test_words_are_told_as_they_are_taken(place: tuple[TestClient, Explorer, str]) -> None:
    client, _, session = place
    told = client.post(f"/api/sessions/{session}/words", json={"words": WORDS}).json()
    assert [(one["attribute"], one["of"], one["strength"] > 0) for one in told["understood"]] == [
        ("warmth", "", True),
        ("width", "", True),
        ("reverb", "drums", False),
    ]
    assert told["not_understood"] == ["xyzzyq"]
    assert client.post(f"/api/sessions/{session}/words", json={"words": "  "}).json()["understood"] == []


def test_words_on_the_page_mean_what_they_mean_elsewhere(place: tuple[TestClient, Explorer, str]) -> None:
    client, explorer, session = place
    seed = explorer.kept(session).seeds
    body = {"count": 1, "words": WORDS, "words_weight": 2}
    assert client.post(f"/api/sessions/{session}/sample", json=body).status_code == 202
    view = finished(client, session)
    slot = view["slots"][-1]
    assert slot["origin"] == f"“{WORDS}”, seed {seed}"
    studio, pipeline = explorer.studio(session), explorer.pipeline()
    wishes = Wishes(prompt=read_prompt(WORDS, weight=2))
    steering = pipeline.steer(studio.session, studio.condition, wishes)
    ours = studio.settings(pipeline.choose(studio.session, studio.condition, seed, steering=steering).parameters)
    theirs = work.settings_in(explorer, session, slot["mix"])
    assert {key: ours[key] for key in theirs} == theirs
    told = explorer.mix_facts(session, slot["mix"])["document"]["conditions"]["prompt"]
    assert told["text"] == WORDS
    assert view["jobs"][-1]["result"]["notes"] == list(steering.notes)
    assert any("xyzzyq" in note for note in steering.notes)


def test_no_words_are_no_wish(place: tuple[TestClient, Explorer, str]) -> None:
    client, explorer, session = place
    background = client.get(f"/api/sessions/{session}/survey").json()["background"]
    for words in ("", "   "):
        client.post(f"/api/sessions/{session}/sample", json={"spot": 3, "words": words})
        slot = finished(client, session)["slots"][-1]
        assert slot["place"] == pytest.approx(background[3], abs=0.02)
        assert "prompt" not in explorer.mix_facts(session, slot["mix"])["document"]["conditions"]


@pytest.mark.parametrize(
    "body",
    [
        {"words": 7},
        {"words": ["warm"]},
        {"words": "!?"},
        {"words": "w" * (2 * MOST_LETTERS + 1)},
        {"words": "warm", "words_weight": 4},
        {"words": "warm", "words_weight": float(-1)},
    ],
)
def test_nonsense_is_refused_in_words(place: tuple[TestClient, Explorer, str], body: dict[str, Any]) -> None:
    client, _, session = place
    before = client.get(f"/api/sessions/{session}").json()["history"]
    for what in ("words", "sample"):
        answer = client.post(f"/api/sessions/{session}/{what}", json=body)
        assert answer.status_code == 422
        assert answer.json()["error"].startswith("words")
    assert client.get(f"/api/sessions/{session}").json()["history"] == before


@pytest.mark.parametrize(
    "words", ["warm\0and\nwide", "ｗａｒｍ 温かい тёплый", "<img src=x onerror=alert(1)> bright", "a " * 1900]
)
def test_any_text_is_text(place: tuple[TestClient, Explorer, str], words: str) -> None:
    client, _, session = place
    assert client.post(f"/api/sessions/{session}/words", json={"words": words}).status_code == 200


def test_a_song_has_the_name_that_one_gives_it(place: tuple[TestClient, Explorer, str]) -> None:
    client, explorer, session = place
    assert client.post(f"/api/sessions/{session}/name", json={"name": "My <b>song</b>\n"}).status_code == 200
    assert client.get(f"/api/sessions/{session}").json()["name"] == "My <b>song</b>"
    assert explorer.studio(session).session.name == "My <b>song</b>"
    assert client.post(f"/api/sessions/{session}/name", json={"name": " "}).status_code == 422


def test_notes_name_tracks_as_people_do(tmp_path: Path) -> None:
    with serving(tmp_path) as (client, _):
        session = client.post("/api/sessions", json={"name": "Song"}).json()["id"]
        send(client, session, "Bass.wav", wave(0))
        send(client, session, "Voice.wav", wave(1, rate=44100))
        client.post(f"/api/sessions/{session}/open", json={})
        notes = finished(client, session)["notes"]
        assert notes
        assert all("track_0" not in note for note in notes)
        assert any("Bass" in note or "Voice" in note for note in notes)
