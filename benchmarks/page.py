"""How quickly the page of `gen-mix explore` answers, in a real browser; with --picture FILE, what it looks like.

The 8 first tracks of the example song, which begin again at their end until they are 30 s long, as Ogg Vorbis. Wall
time and, as other work may share the machine, the processor time of the server and of the decoders that it starts.
Needs Chromium and playwright.
"""

import argparse
import os
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
import uvicorn

from gen_mix.explore.app import create_app
from gen_mix.explore.explorer import Explorer
from gen_mix.explore.guard import local_door
from gen_mix.explore.limits import Limits
from gen_mix.explore.warming import load_warm
from gen_mix.explore.workspace import Workspace

TRACKS = sorted((Path(__file__).parents[1] / "examples" / "session" / "tracks").glob("*.ogg"))[:8]
TOKEN = "benchmark"
SECONDS = 30.0
MOVES = 5


def recordings(folder: Path) -> list[Path]:
    """Write the tracks, `SECONDS` long, into `folder`, and return where they are."""
    paths = []
    for source in TRACKS:
        frames, rate = soundfile.read(source, dtype="float32", always_2d=True)
        wanted = round(SECONDS * rate)
        frames = np.tile(frames, (-(-wanted // len(frames)), 1))[:wanted]
        paths.append(folder / source.name)
        soundfile.write(paths[-1], frames, rate, format="OGG", subtype="VORBIS")
    return paths


@contextmanager
def served(root: Path) -> Iterator[str]:
    """Yield the address of a server with the shipped model, once that is warm."""
    torch.set_num_threads(1)  # as `gen-mix explore` does
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    explorer = Explorer(Workspace.at(root), lambda: load_warm(None), Limits())
    server = uvicorn.Server(uvicorn.Config(create_app(explorer, local_door(port, TOKEN)), log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    explorer.pipeline()
    yield f"http://127.0.0.1:{port}/#token={TOKEN}"
    server.should_exit = True
    thread.join(15)


def until(page: Any, expression: str) -> None:
    """Wait until an expression is true on the page."""
    while not page.evaluate(expression):
        page.wait_for_timeout(10)


def measured(name: str, action: Callable[[], None]) -> None:
    """Print how long `action` takes, by the clock and by the processors."""
    wall, processor = time.perf_counter(), processor_seconds()
    action()
    print(f"{name:44s} {time.perf_counter() - wall:7.2f} s {processor_seconds() - processor:7.2f} s", flush=True)


def processor_seconds() -> float:
    """Return what this process has used, and the decoders that have ended; the browser has not."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def drop(page: Any, files: list[Path]) -> None:
    """Give the page its files and wait for the first sound."""
    page.set_input_files("#files", files)
    until(page, "globalThis.genMix?.player.voices.size > 0")


def move(page: Any, step: int) -> None:
    """Move a fader and wait for its sound."""
    page.evaluate(
        """(step) => {
          globalThis.before = genMix.player.voices.get(genMix.current).buffer;
          const settings = structuredClone(genMix.desk);
          settings.tracks[step].fader_db -= 1;
          genMix.move(settings);
        }""",
        step,
    )
    until(page, "genMix.player.voices.get(genMix.current).buffer !== globalThis.before")


def wander(page: Any, step: int) -> None:
    """Go to a place between three mixes and wait for its sound."""
    page.evaluate(
        """(step) => {
          globalThis.before = genMix.player.voices.get("between")?.buffer;
          const shares = [0.3 + 0.1 * step, 0.5 - 0.1 * step, 0.2];
          genMix.wander(shares.map((weight, at) => ({ mix: { slot: genMix.slots[at] }, weight })), null);
        }""",
        step,
    )
    until(page, "genMix.player.voices.get('between')?.buffer !== globalThis.before")


def main() -> None:
    """Measure, print, and take a picture where one is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picture", type=Path, default=None, help="PNG to write")
    picture = parser.parse_args().picture
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        print("no Chromium on this machine: expected chromium, chromium-browser or google-chrome")
        return
    from playwright.sync_api import sync_playwright

    with (
        tempfile.TemporaryDirectory() as root,
        tempfile.TemporaryDirectory() as songs,
        served(Path(root)) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--autoplay-policy=no-user-gesture-required", "--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1400, "height": 1266})
        page.set_default_timeout(600_000)
        page.goto(address)
        page.wait_for_selector(".zone")
        files = recordings(Path(songs))
        print(f"{f'{len(files)} tracks of {SECONDS:.0f} s':44s} {'wall':>9s} {'processor':>9s}")
        measured("dropped files to first mix heard", lambda: drop(page, files))
        measured("from there to four mixes", lambda: until(page, "genMix.player.voices.size >= 4"))
        idle = "genMix.survey !== null && genMix.view.jobs.every((job) => job.status === 'done')"
        measured("from there to the map", lambda: until(page, idle))
        for step in range(MOVES):
            measured(f"fader moved to heard, {step + 1} of {MOVES}", lambda step=step: move(page, step))
        page.evaluate("genMix.draft = null; genMix.choose(genMix.slots[1].id)")
        for step in range(MOVES):
            measured(f"place between mixes to heard, {step + 1} of {MOVES}", lambda step=step: wander(page, step))
        page.evaluate("genMix.leaveBetween()")
        page.wait_for_timeout(1500)
        if picture is not None:
            page.screenshot(path=str(picture))
        browser.close()


if __name__ == "__main__":
    main()
