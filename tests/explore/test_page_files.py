"""Facts about files that the page refuses in a real browser, before they are sent."""

from pathlib import Path
from typing import Any

import pytest

from gen_mix.explore.limits import Limits
from tests.explore.browser import served, visiting
from tests.explore.server import wave

pytestmark = pytest.mark.browser

MOST_BYTES = 200_000
DROP = """([name, size]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([new Uint8Array(size)], name));
  document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return two tracks, and a track, a rough mix and a record that are larger than they may be."""
    folder = tmp_path_factory.mktemp("files")
    seconds = {"Bass.wav": 1.0, "Kick.wav": 1.0, "Large.wav": 3.0, "mix.wav": 3.0, "reference.wav": 3.0}
    for place, name in enumerate(seconds):
        (folder / name).write_bytes(wave(place, seconds[name], rate=44100))
    return [folder / name for name in seconds]


def test_what_is_too_large_is_told_and_never_sent(browser: Any, tmp_path: Path, files: list[Path]) -> None:
    with served(tmp_path, Limits(file_bytes=MOST_BYTES)) as address, visiting(browser, address) as visit:
        sent: list[str] = []
        visit.page.on("request", lambda asked: sent.append(asked.url) if "/files?" in asked.url else None)
        visit.open()
        assert "up to 0.2 MB" in visit.page.locator(".zone").inner_text()
        visit.page.set_input_files("#files", files)
        button = visit.page.get_by_role("button", name="Go on without those")
        button.wait_for()
        lines = dict(line.inner_text().split("\n") for line in visit.page.locator(".files li").all()[:-1])
        refusal = "Expected a file of at most 0.2 MB, got 0.3 MB."
        assert lines == {
            "Bass.wav": "1.0 s mono",
            "Kick.wav": "1.0 s mono",
            **dict.fromkeys(["Large.wav", "mix.wav", "reference.wav"], refusal),
        }
        assert len(sent) == 2
        button.click()
        visit.until("globalThis.genMix?.slots.length >= 1")
        visit.page.evaluate(DROP, ["Record.wav", 2 * MOST_BYTES])
        visit.until("document.querySelector('.records .wrong') !== null")
        assert visit.page.locator(".records .wrong").inner_text() == "Expected a file of at most 0.2 MB, got 0.4 MB."
        assert len(sent) == 2


def test_more_tracks_than_there_may_be_are_told_and_never_sent(browser: Any, tmp_path: Path, files: list[Path]) -> None:
    with served(tmp_path, Limits(tracks=2)) as address, visiting(browser, address) as visit:
        visit.open()
        visit.page.set_input_files("#files", files)
        visit.until("document.getElementById('announcer').textContent === 'Expected at most 2 tracks, got 3.'")
        visit.page.reload()
        visit.page.locator(".zone").wait_for()
        assert visit.page.locator(".earlier").count() == 0
