"""Facts about the page, in a real browser: it plays, it is placed by hand and by keys, and its answers come out."""

import csv
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gen_mix.cli import main
from gen_mix.listening.results import read_key, read_results
from tests.listening.mixes import write_mixes

pytestmark = pytest.mark.slow
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    write_mixes(folder / "mixes", songs=2, systems=3, seconds=2.0)
    assert (
        main(["listening-test", "make", str(folder / "mixes"), "--out", str(folder / "made"), "--listeners", "4"]) == 0
    )
    return folder / "made"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no chromium")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--autoplay-policy=no-user-gesture-required", "--no-sandbox"]
        )
        yield started
        started.close()


@pytest.fixture
def page(browser: Any, made: Path) -> Iterator[Any]:
    context = browser.new_context(offline=True, accept_downloads=True, viewport={"width": 1000, "height": 900})
    opened = context.new_page()
    problems: list[str] = []
    opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on(
        "request",
        lambda request: (
            problems.append(request.url) if not request.url.startswith(("file:", "blob:", "data:")) else None
        ),
    )
    opened.goto((made / "test" / "index.html").as_uri())
    yield opened
    assert problems == []
    context.close()


def start(page: Any, listener: int) -> None:
    page.fill("#name", "Ada, =1")
    page.select_option("#listener", index=listener)
    page.click("text=Start")


def place_all(page: Any) -> None:
    markers = page.locator(".marker")
    for place in range(markers.count()):
        markers.nth(place).focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Home")
        for _ in range(place):
            page.keyboard.press("PageUp")


def test_a_listener_can_do_it_all_by_keys_and_the_answers_are_read(page: Any, made: Path, tmp_path: Path) -> None:
    start(page, 2)
    for _ in range(2):
        assert page.get_by_role("button", name="Next song").or_(page.get_by_role("button", name="Finish")).is_disabled()
        place_all(page)
        page.locator("fieldset input").first.check()
        page.fill("#comment", 'said "so", twice')
        page.get_by_role("button", name="Next song").or_(page.get_by_role("button", name="Finish")).click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save answers (CSV)").click()
    waiting.value.save_as(tmp_path / "answers.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "answers.csv").read_text())))
    assert {row["listener"] for row in rows} == {"3"}
    assert rows[0]["comment"] == 'said "so", twice'
    key = read_key(made / "key.json")
    ratings = read_results([tmp_path / "answers.csv"], key)
    axis = [rating for rating in ratings if rating.question == key.questions[0]]
    assert len(axis) == 2 * 4
    assert sorted(rating.value for rating in axis) == [0, 0, 10, 10, 20, 20, 30, 30]
    assert sum(rating.value for rating in ratings if rating.question == "accept") == 2
    turn = json.loads(page.locator("#test").text_content())["plan"][2]
    assert [row["stimulus"] for row in rows[:4]] == turn[0]["stimuli"]


def test_one_mix_is_heard_at_a_time_and_switching_keeps_the_place(page: Any) -> None:
    start(page, 0)
    page.keyboard.press("1")
    page.wait_for_timeout(700)
    page.evaluate(
        "() => { window.heard = () => [...document.querySelectorAll('.marker.playing')].map((m) => m.textContent); }"
    )
    assert page.evaluate("() => window.heard()") == ["1"]
    page.keyboard.press("3")
    page.wait_for_timeout(200)
    assert page.evaluate("() => window.heard()") == ["3"]
    assert page.locator(".clock").first.text_content() in ("0:00", "0:01")


def test_a_marker_is_dragged_by_hand(page: Any) -> None:
    start(page, 1)
    marker, rail = page.locator(".marker").last, page.locator(".axis").first.bounding_box()
    box = marker.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(rail["x"] + 0.25 * rail["width"], box["y"] + 20, steps=5)
    page.mouse.up()
    assert abs(float(marker.get_attribute("aria-valuenow")) - 25) <= 1
    assert "moved" in marker.get_attribute("class")


def test_a_closed_tab_goes_on_where_it_was(page: Any) -> None:
    start(page, 1)
    place_all(page)
    page.get_by_role("button", name="Next song").click()
    page.reload()
    assert page.get_by_role("heading", level=1).text_content() == "Song 2 of 2"
    page.evaluate("() => localStorage.clear()")


def test_a_phone_shows_it_without_scrolling_sideways(page: Any) -> None:
    page.set_viewport_size({"width": 375, "height": 700})
    start(page, 0)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 375
