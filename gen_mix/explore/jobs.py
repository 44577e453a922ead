"""Work that takes longer than a request: one after another, with progress, time left, and a way to stop it."""

import errno
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from gen_mix.errors import InputError
from gen_mix.explore.workspace import new_id

_REMEMBERED = 20
_log = logging.getLogger(__name__)


class CancelledError(Exception):
    """Raised inside a job that was told to stop."""


class QueueFullError(Exception):
    """Raised when too many jobs wait already."""


@dataclass
class Job:
    """A piece of work.

    Attributes:
        id: Of the job.
        session: Whose it is.
        kind: What it does, for the page: ``open``, ``sample``, ``export`` ...
        label: The same in words.
        status: ``waiting``, ``running``, ``done``, ``failed`` or ``cancelled``.
        done: How much of it is, 0 to 1.
        error: Why it failed.
        result: What came out, as plain values.
    """

    id: str
    session: str
    kind: str
    label: str
    status: str = "waiting"
    done: float = 0.0
    error: str = ""
    result: dict[str, object] = field(default_factory=dict)
    started: float = 0.0
    is_cancelled: threading.Event = field(default_factory=threading.Event)

    def reach(self, done: float, label: str | None = None) -> None:
        """Say how far the work is.

        Raises:
            CancelledError: It is to stop here.
        """
        if self.is_cancelled.is_set():
            raise CancelledError
        self.done, self.label = done, label or self.label

    @property
    def seconds_left(self) -> float | None:
        """By the pace so far; None where there is nothing to go by."""
        if self.status != "running" or self.done < 0.05:
            return None
        return (time.monotonic() - self.started) * (1 - self.done) / self.done

    def to_json(self) -> dict[str, object]:
        """Return what the page shows."""
        left = self.seconds_left
        return {
            "id": self.id,
            "kind": self.kind,
            "label": self.label,
            "status": self.status,
            "done": round(self.done, 3),
            "seconds_left": None if left is None else round(left, 1),
            "error": self.error,
            "result": self.result,
        }


class JobQueue:
    """A thread that does one job at a time, and those that wait for it."""

    def __init__(self, most_waiting: int, on_change: Callable[[str], None]) -> None:
        """Start the thread.

        Args:
            most_waiting: Jobs that may wait.
            on_change: Called with a session's id whenever one of its jobs changed.
        """
        self._most_waiting, self._on_change = most_waiting, on_change
        self._waiting: deque[tuple[Job, Callable[[Job], None]]] = deque()
        self._jobs: dict[str, Job] = {}
        self._wakes = threading.Condition()
        self._is_closed = False
        self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)
        self._thread.start()

    def submit(self, session: str, kind: str, label: str, work: Callable[[Job], None]) -> Job:
        """Queue `work`, which is called with its job.

        Raises:
            QueueFullError: As many wait as may.
        """
        with self._wakes:
            if len(self._waiting) >= self._most_waiting:
                raise QueueFullError
            job = Job(new_id(), session, kind, label)
            self._jobs[job.id] = job
            for old in [j for j in self._jobs.values() if j.status in ("done", "failed", "cancelled")][:-_REMEMBERED]:
                del self._jobs[old.id]
            self._waiting.append((job, work))
            self._wakes.notify()
        self._on_change(session)
        return job

    def broken_off(self, session: str, job_id: str, kind: str, label: str) -> None:
        """Remember a job of an earlier launch, which the end of that broke off."""
        job = Job(job_id, session, kind, label, "failed", error="broken off when the server stopped; ask for it again")
        with self._wakes:
            self._jobs[job_id] = job

    def of(self, session: str) -> list[Job]:
        """Return the jobs of a session, oldest first."""
        with self._wakes:
            return [job for job in self._jobs.values() if job.session == session]

    def cancel(self, job_id: str) -> Job | None:
        """Stop a job where it next says how far it is, and return it, or None if there is no such job."""
        with self._wakes:
            job = self._jobs.get(job_id)
            if job is None:
                return None
            job.is_cancelled.set()
            if job.status == "waiting":
                job.status = "cancelled"
                self._waiting = deque(entry for entry in self._waiting if entry[0] is not job)
        self._on_change(job.session)
        return job

    def close(self) -> None:
        """Cancel everything and end the thread."""
        with self._wakes:
            self._is_closed = True
            for job in self._jobs.values():
                job.is_cancelled.set()
            self._waiting.clear()
            self._wakes.notify()
        self._thread.join(timeout=10)

    def _work(self) -> None:
        while True:
            with self._wakes:
                self._wakes.wait_for(lambda: bool(self._waiting) or self._is_closed)
                if self._is_closed:
                    return
                job, work = self._waiting.popleft()
                job.status, job.started = "running", time.monotonic()
            self._on_change(job.session)
            _do(job, work)
            self._on_change(job.session)


def _do(job: Job, work: Callable[[Job], None]) -> None:
    try:
        work(job)
        job.status, job.done = "done", 1.0
    except CancelledError:
        job.status = "cancelled"
    except InputError as error:
        job.status, job.error = "failed", " ".join(str(error).split())
    except Exception as error:
        # The thread must outlive any job, and a page shows no traceback: that goes to the terminal.
        _log.exception("job %s failed", job.kind)
        job.status, job.error = "failed", told(error)


def told(error: Exception) -> str:
    """Return what a person hears of an error that is not theirs."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "disk: expected room to write, got none; free some and ask again, nothing is lost"
    return "something went wrong; the terminal says what"
