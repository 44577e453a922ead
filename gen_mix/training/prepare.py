"""Data preparation: sessions are made, measured and kept as a bank of tracks; what was done is not done again."""

import json
import multiprocessing
import queue
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from multiprocessing.context import SpawnProcess
from multiprocessing.queues import Queue
from pathlib import Path

import torch
from tqdm import tqdm

from gen_mix.embeddings.bank import TrackBank, bank_of_session, join_banks
from gen_mix.errors import InputError
from gen_mix.files import write_whole
from gen_mix.sessions.instant import instant_session
from gen_mix.sessions.session import Session
from gen_mix.sessions.synthetic import SyntheticSettings, SyntheticStudio

SESSIONS_PER_FILE = 8
PLAN_FILE = "plan.json"


@dataclass(frozen=True)
class PreparedFile:
    """What became of one file of a bank.

    Attributes:
        sessions: How many were made or found.
        broken: Why sessions are missing from it.
        error: Why there is no such file; None if there is.
    """

    sessions: int
    broken: tuple[str, ...] = field(default_factory=tuple)
    error: str | None = None


@dataclass(frozen=True)
class _Plan:
    """What all processes need to know.

    Attributes:
        studio: What sessions are made of; None for instant ones.
        seed: Of the sessions and of their copies.
        count: Number of sessions.
        copies: Of each track.
        folder: Where the files go.
    """

    studio: SyntheticSettings | None
    seed: int
    count: int
    copies: int
    folder: Path

    def path(self, part: int) -> Path:
        return self.folder / f"tracks_{part:05d}.safetensors"

    def sessions(self, part: int) -> range:
        start = part * SESSIONS_PER_FILE
        return range(start, min(start + SESSIONS_PER_FILE, self.count))

    @property
    def parts(self) -> range:
        return range(-(-self.count // SESSIONS_PER_FILE))

    def description(self) -> str:
        # `count` is left out: it may grow, and the sessions that are there stay right
        studio = None if self.studio is None else asdict(self.studio)
        return json.dumps({"studio": studio, "seed": self.seed, "copies": self.copies}, indent=1, default=str) + "\n"


def prepare(
    studio: SyntheticSettings | None, seed: int, count: int, folder: Path, copies: int = 3, workers: int = 1
) -> TrackBank:
    """Make sessions, measure their tracks and keep them in `folder`; return the bank.

    Each file holds eight sessions and is written whole or not at all. The same call again goes on where the last one
    stopped; a larger `count` adds sessions. A session that cannot be made is left out, counted and named.

    Args:
        studio: What sessions are made of; None for instant ones.
        seed: Of the sessions and of their copies, at least 0.
        count: Number of sessions, at least 1.
        folder: Made if needed.
        copies: Of each track, at least 1; the first is the track as recorded.
        workers: Processes, at least 1; the bank does not depend on them.

    Raises:
        InputError: The folder holds a bank of something else, or no session of a file could be made.
    """
    if count < 1 or copies < 1 or workers < 1 or seed < 0:
        got = f"{count}, {copies}, {workers}, {seed}"
        raise InputError(f"prepare: expected count, copies, workers >= 1 and seed >= 0, got {got}")
    plan = _Plan(studio, seed, count, copies, folder)
    _open_folder(plan)
    missing = [part for part in plan.parts if not _is_done(plan, part)]
    done = count - sum(len(plan.sessions(part)) for part in missing)
    broken: list[str] = []
    with tqdm(total=count, initial=done, unit="session", desc=f"preparing {folder.name}") as bar:
        for made in _made(plan, missing, workers):
            if made.error is not None:
                raise InputError(f"{folder}: expected sessions that can be made, got {made.error}")
            broken += made.broken
            bar.update(made.sessions + len(made.broken))
            bar.set_postfix(broken=len(broken))
    for reason in broken:
        tqdm.write(f"left out: {reason}")
    return load_bank(folder)


def load_bank(folder: Path) -> TrackBank:
    """Return the bank that `prepare` made in `folder`.

    Raises:
        InputError: There is none, or it is broken.
    """
    return TrackBank.load(folder)


def _open_folder(plan: _Plan) -> None:
    """Check that the folder is empty or holds the same bank, and write down what it is to hold."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    path = plan.folder / PLAN_FILE
    if path.exists() and path.read_text(encoding="utf-8") != plan.description():
        raise InputError(f"{path}: expected the settings that were asked for, got others; choose another folder")
    if not path.exists() and any(plan.folder.glob("*.safetensors")):
        raise InputError(f"{plan.folder}: expected an empty folder, got files of an unknown bank")
    write_whole(path, plan.description().encode())


def _is_done(plan: _Plan, part: int) -> bool:
    """Return whether a file is there with all its sessions, or with those that could be made."""
    try:
        asked = json.loads(plan.path(part).with_suffix(".json").read_text(encoding="utf-8"))["asked"]
        return plan.path(part).exists() and asked == len(plan.sessions(part))
    except (OSError, ValueError, KeyError):
        return False


def _made(plan: _Plan, parts: list[int], workers: int) -> Iterator[PreparedFile]:
    """Yield what becomes of each file, as it comes; processes take the next file when they are free."""
    if workers == 1 or len(parts) < 2:
        source = _source(plan)
        for part in parts:
            yield _prepare_file(plan, source, part)
        return
    context = multiprocessing.get_context("spawn")  # a fork would copy the locks of torch's threads
    tasks: Queue[int | None] = context.Queue()
    results: Queue[PreparedFile] = context.Queue()
    for task in [*parts, *[None] * workers]:
        tasks.put(task)
    processes = [context.Process(target=_work, args=(plan, tasks, results), daemon=True) for _ in range(workers)]
    for process in processes:
        process.start()
    try:
        for _ in parts:
            yield _next_result(results, processes)
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _next_result(results: "Queue[PreparedFile]", processes: list[SpawnProcess]) -> PreparedFile:
    """Return the next result; an error if a process died without a word, for example for want of memory."""
    while True:
        try:
            return results.get(timeout=1.0)
        except queue.Empty:
            died = [process.exitcode for process in processes if process.exitcode not in (None, 0)]
            if died:
                return PreparedFile(0, error=f"a process that ended with status {died[0]}")


def _work(plan: _Plan, tasks: "Queue[int | None]", results: "Queue[PreparedFile]") -> None:
    """Make files until there are no more to make."""
    torch.set_num_threads(1)
    source = _source(plan)
    while (part := tasks.get()) is not None:
        results.put(_prepare_file(plan, source, part))


def _source(plan: _Plan) -> Callable[[int, int], Session]:
    """Return what makes session `index` of series `seed`."""
    return instant_session if plan.studio is None else SyntheticStudio(plan.studio).session


def _prepare_file(plan: _Plan, source: Callable[[int, int], Session], part: int) -> PreparedFile:
    """Make one file of the bank, and beside it what was asked for and what is missing."""
    banks, broken = [], []
    for number in plan.sessions(part):
        try:
            banks.append(bank_of_session(source(plan.seed, number), plan.copies, (plan.seed, number)))
        except Exception as error:  # whatever went wrong with one session, the others are worth having
            broken.append(f"session {number}: {type(error).__name__}: {' '.join(str(error).split())}")
    if not banks:
        return PreparedFile(0, tuple(broken), error=broken[0])
    join_banks(banks).save(plan.path(part))
    record = {"asked": len(plan.sessions(part)), "broken": broken}
    write_whole(plan.path(part).with_suffix(".json"), (json.dumps(record, indent=1) + "\n").encode())
    return PreparedFile(len(banks), tuple(broken))
