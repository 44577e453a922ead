"""A smaller survey, as the map of a test needs no sixty-four samples; a browser, and a session in it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gen_mix.explore import studio
from gen_mix.explore.warming import warmed
from tests.explore.browser import ARGUMENTS, chromium, served, visiting
from tests.explore.server import wave
from tests.test_pipeline import pipeline


@pytest.fixture(autouse=True, scope="package")
def small_survey() -> None:
    """Draw maps from twelve samples."""
    studio.ATLAS_SEEDS = studio.ATLAS_SEEDS[:12]


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """Yield a Chromium, once all code is compiled that its pages will wait for."""
    place = chromium()
    warmed(pipeline())
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=place, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of a server."""
    with served(tmp_path_factory.mktemp("page")) as address:
        yield address


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return three recordings; one is called what no page should believe."""
    folder = tmp_path_factory.mktemp("recordings")
    names = ["Kick.wav", "<img src=x onerror=alert(1)>.wav", "Wide.wav"]
    for place, name in enumerate(names):
        (folder / name).write_bytes(wave(place, 2.0, channels=2 if name == "Wide.wav" else 1, rate=44100))
    return [folder / name for name in names]


@pytest.fixture(scope="module")
def session(browser: Any, address: str, recordings: list[Path]) -> str:
    """Return the id of a session that came in by way of the page, with a few mixes."""
    with visiting(browser, address) as visit:
        visit.open()
        visit.page.set_input_files("#files", recordings)
        visit.until("globalThis.genMix?.slots.length >= 4 && genMix.survey !== null")
        visit.until("genMix.view.jobs.every((job) => job.status === 'done')")
        session: str = visit.page.evaluate("genMix.id")
        return session
