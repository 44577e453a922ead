"""A real browser on a real server: what the tests of the page share."""

import importlib.util
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from gen_mix.explore.app import create_app
from gen_mix.explore.explorer import Explorer
from gen_mix.explore.guard import local_door
from gen_mix.explore.limits import Limits
from gen_mix.explore.workspace import Workspace
from tests.explore.server import TOKEN
from tests.test_pipeline import pipeline

ARGUMENTS = ["--autoplay-policy=no-user-gesture-required", "--disable-background-networking", "--no-sandbox"]
PATIENCE = float(os.environ.get("GEN_MIX_PATIENCE", "60"))
"""Seconds that a browser may take for one thing; more on a machine that has other work."""


def chromium() -> str:
    """Return where a Chromium is, or skip."""
    pytest.importorskip("playwright", reason="playwright is not installed (pip install 'gen-mix[dev]')")
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("no Chromium on this machine: expected chromium, chromium-browser or google-chrome")


@contextmanager
def served(root: Path, limits: Limits | None = None) -> Iterator[str]:
    """Yield the address of a server on a free port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    explorer = Explorer(Workspace.at(root), pipeline, limits or Limits())
    app = create_app(explorer, local_door(port, TOKEN))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    explorer.close()
    thread.join(10)


@dataclass
class Visit:
    """A page and everything that went wrong on it.

    Attributes:
        page: Of Playwright.
        errors: Errors of the console and of scripts.
        strangers: Addresses that were asked for outside the server.
    """

    page: Any
    address: str
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def until(self, expression: str) -> Any:
        """Return what `expression` gives once it is true. The page's policy forbids Playwright's own way to wait."""
        from playwright.sync_api import Error

        end = time.monotonic() + PATIENCE
        while True:
            try:
                if value := self.page.evaluate(expression):
                    return value
            except Error as error:
                if "navigation" not in str(error):  # the page was about to turn to another
                    raise
            assert time.monotonic() < end, f"never true: {expression}"
            self.page.wait_for_timeout(30)

    def barriers(self) -> list[tuple[str, list[str]]]:
        """Return what axe-core finds that shuts somebody out, the rule and where it is broken; nothing without it."""
        found = importlib.util.find_spec("axe_playwright_python")
        if found is None or found.origin is None:
            return []
        self.page.evaluate((Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8"))
        result = self.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        return [(one["id"], [node["html"][:160] for node in one["nodes"]][:3]) for one in result["violations"]]

    def open(self, session: str | None = None) -> None:
        """Go to the page with the token of the launch; with `session`, to its mixes, and wait until they sound."""
        more = "" if session is None else f"&session={session}"
        self.page.goto(f"{self.address}/#token={TOKEN}{more}")
        if session is not None:
            self.until(
                "globalThis.genMix?.slots.length >= 4 && genMix.survey !== null && "
                "genMix.slots.every((slot) => genMix.player.voices.has(slot.id))"
            )


@contextmanager
def visiting(
    browser: Any, address: str, width: int = 1280, height: int = 900, scheme: str = "light"
) -> Iterator[Visit]:
    """Yield a page with a clean past; afterwards nothing must have gone wrong, and nothing left the machine."""
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    context.set_default_timeout(1000 * PATIENCE)
    visit = Visit(context.new_page(), address)

    def look(route: Any) -> None:
        if route.request.url.startswith((address, "blob:", "data:")):
            route.continue_()
        else:
            visit.strangers.append(route.request.url)
            route.abort()

    context.route("**/*", look)
    visit.page.on("console", lambda said: visit.errors.append(said.text) if said.type == "error" else None)
    visit.page.on("pageerror", lambda error: visit.errors.append(str(error)))
    try:
        yield visit
        assert visit.errors == []
        assert visit.strangers == []
    finally:
        context.close()
