"""The sessions of one page, their present state, and everybody who waits for it to change."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from gen_mix.errors import InputError
from gen_mix.explore.history import History
from gen_mix.explore.jobs import Job, JobQueue
from gen_mix.explore.limits import Limits
from gen_mix.explore.studio import Studio, open_studio
from gen_mix.explore.workspace import Begun, Kept, Workspace
from gen_mix.pipeline import MixPipeline
from gen_mix.sessions.folder import read_session

_OPEN_AT_ONCE = 2


class Explorer:
    """All that the server knows.

    Attributes:
        workspace: Where it is kept.
        limits: How much may be asked for.
        jobs: What is being done.
    """

    def __init__(self, workspace: Workspace, load: Callable[[], MixPipeline], limits: Limits) -> None:
        """Begin to load the model with `load`, in the background."""
        self.workspace, self.limits = workspace, limits
        self._kept: dict[str, Kept] = {}
        self._versions: dict[str, int] = {}
        self._studios: OrderedDict[str, Studio] = OrderedDict()
        self._facts: dict[tuple[str, str], dict[str, Any]] = {}
        self._changed = threading.Condition(threading.RLock())
        self._preview_turn = threading.Lock()
        self._previews_waiting = 0
        self._is_closed = False
        self._loader = ThreadPoolExecutor(1, thread_name_prefix="model")
        self._pipeline: Future[MixPipeline] = self._loader.submit(load)
        self.jobs = JobQueue(limits.waiting_jobs, self.touch)

    @property
    def model_is_ready(self) -> bool:
        """True once the model is loaded."""
        return self._pipeline.done()

    def pipeline(self) -> MixPipeline:
        """Return the model, as soon as it is loaded."""
        return self._pipeline.result()

    def kept(self, session_id: str) -> Kept:
        """Return the present state of a session.

        Raises:
            InputError: There is none.
        """
        with self._changed:
            if session_id not in self._kept:
                self._kept[session_id] = self._without_begun(self.workspace.read(session_id))
            return self._kept[session_id]

    def _without_begun(self, kept: Kept) -> Kept:
        """Return a session of an earlier launch; what that left undone is told as broken off."""
        for begun in kept.begun:
            if begun.kind != "open":  # which is done again whenever a session is opened
                self.jobs.broken_off(kept.id, begun.id, begun.kind, begun.label)
        if kept.begun:
            kept = replace(kept, begun=())
            self.workspace.write(kept)
        return kept

    def submit(self, session_id: str, kind: str, label: str, work: Callable[[Job], None]) -> Job:
        """Queue work on a session. That it was asked for is on disk until it has ended.

        Raises:
            QueueFullError: As many jobs wait as may.
        """

        def noted(job: Job) -> None:
            try:
                work(job)
            finally:
                self._end(job)

        with self._changed:
            job = self.jobs.submit(session_id, kind, label, noted)
            begun = Begun(job.id, kind, label)
            self.change(session_id, lambda kept: replace(kept, begun=(*kept.begun, begun)))
        return job

    def cancel(self, job_id: str) -> bool:
        """Stop a job; return whether there is such a job."""
        job = self.jobs.cancel(job_id)
        if job is not None and job.status == "cancelled":
            self._end(job)
        return job is not None

    def _end(self, job: Job) -> None:
        """Forget that a job had begun; not while the server stops, for that breaks it off."""
        with self._changed, suppress(InputError):  # its session may be deleted
            if not self._is_closed:
                self.change(
                    job.session, lambda kept: replace(kept, begun=tuple(one for one in kept.begun if one.id != job.id))
                )

    def add(self, kept: Kept) -> None:
        """Keep a new session."""
        with self._changed:
            self._kept[kept.id] = kept
            self.workspace.write(kept)

    def change(self, session_id: str, change: Callable[[Kept], Kept]) -> Kept:
        """Change a session, on disk too, and tell those who wait.

        Raises:
            InputError: There is no such session, or `change` cannot be made.
        """
        with self._changed:
            changed = change(self.kept(session_id))
            self.workspace.write(changed)
            self._kept[session_id] = changed
            self.touch(session_id)
            return changed

    def change_history(self, session_id: str, change: Callable[[History], History]) -> Kept:
        """Change what was done to a session; see `change`."""
        return self.change(session_id, lambda kept: replace(kept, history=change(kept.history)))

    def remove(self, session_id: str) -> None:
        """Delete a session."""
        with self._changed:
            for job in self.jobs.of(session_id):
                self.jobs.cancel(job.id)
            self._kept.pop(session_id, None)
            self._studios.pop(session_id, None)
            self.workspace.remove(session_id)
            self.touch(session_id)

    def touch(self, session_id: str) -> None:
        """Say that something about a session changed."""
        with self._changed:
            self._versions[session_id] = self._versions.get(session_id, 0) + 1
            self._changed.notify_all()

    def version(self, session_id: str) -> int:
        """Return a number that grows with every change of a session."""
        with self._changed:
            return self._versions.get(session_id, 0)

    def wait(self, session_id: str, version: int, seconds: float) -> None:
        """Return when a session is not at `version` any more, or after `seconds`."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._is_closed or self._versions.get(session_id, 0) != version, timeout=seconds
            )

    def studio(self, session_id: str) -> Studio:
        """Return the opened session; opens it where that was not done yet.

        Raises:
            InputError: Its tracks cannot be used.
        """
        with self._changed:
            if session_id in self._studios:
                self._studios.move_to_end(session_id)
                return self._studios[session_id]
        kept = self.kept(session_id)
        session = read_session(self.workspace.session_folder(kept))
        if not kept.folder:
            session = replace(session, name=kept.name)
        cache = self.workspace.root / "cache"
        studio = open_studio(session, self.pipeline(), kept.excerpt_start, cache)
        with self._changed:
            self._studios[session_id] = studio
            while len(self._studios) > _OPEN_AT_ONCE:
                self._studios.popitem(last=False)
        self.change(session_id, lambda kept: replace(kept, excerpt_start=studio.start_seconds))
        return studio

    def is_open(self, session_id: str) -> bool:
        """Return whether a session is in memory."""
        with self._changed:
            return session_id in self._studios

    def mix_facts(self, session_id: str, mix_id: str) -> dict[str, Any]:
        """Return the settings of a mix and what is told of it, from memory if they were read before."""
        with self._changed:
            key = (session_id, mix_id)
            if key not in self._facts:
                self._facts[key] = self.workspace.read_mix(session_id, mix_id)
            return self._facts[key]

    def record_facts(self, session_id: str, record_id: str) -> dict[str, Any]:
        """Return what was measured of a section of a record, from memory if it was read before."""
        with self._changed:
            key = (session_id, record_id)
            if key not in self._facts:
                self._facts[key] = self.workspace.read_record(session_id, record_id)
            return self._facts[key]

    def preview(self, render: Callable[[], bytes]) -> bytes | None:
        """Return what `render` gives; one at a time. None if too many wait already."""
        with self._changed:
            if self._previews_waiting >= self.limits.waiting_previews:
                return None
            self._previews_waiting += 1
        try:
            with self._preview_turn:
                return render()
        finally:
            with self._changed:
                self._previews_waiting -= 1

    def room_for_track(self, kept: Kept, wanted_bytes: int = 1) -> int:
        """Return how many bytes of decoded audio a session can still take.

        Raises:
            InputError: It can take no further track, or fewer than `wanted_bytes`.
        """
        if kept.folder or kept.history.scene.slots:
            raise InputError("tracks: expected a session without mixes, got one that has some (start a new one)")
        if len(kept.tracks) >= self.limits.tracks:
            raise InputError(f"tracks: expected at most {self.limits.tracks}, got more")
        room = self.limits.session_bytes - sum(track.bytes_decoded for track in kept.tracks)
        if room < wanted_bytes:
            raise InputError("tracks: expected less audio in one session, got more than fits in memory")
        return room

    def room_for_record(self, kept: Kept) -> int:
        """Return how many bytes of a decoded record a session can still take.

        Raises:
            InputError: It can take no further one.
        """
        if len(kept.history.scene.records) >= self.limits.records:
            raise InputError(f"records: expected at most {self.limits.records} at a time, got more")
        stored = (self.workspace.folder(kept.id) / "records").glob("*.wav")
        room = self.limits.session_bytes - sum(path.stat().st_size for path in stored)
        if room <= 0:
            raise InputError("records: expected less audio in one session, got more than is kept (start a new one)")
        return min(room, self.limits.record_bytes)

    def sessions(self) -> list[Kept]:
        """Return all sessions, the last used first."""
        with self._changed:
            return self.workspace.sessions()

    def let_go(self) -> None:
        """Answer all who wait for news: the server is about to end."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def close(self) -> None:
        """Stop all work."""
        self.let_go()
        self.jobs.close()
        self._loader.shutdown(wait=False, cancel_futures=True)


def folder_session(explorer: Explorer, folder: Path, session_id: str) -> Kept:
    """Return the session of a folder of this machine; what was done to it before is still there."""
    with suppress(InputError):
        return explorer.kept(session_id)
    kept = Kept(id=session_id, name=folder.resolve().name, folder=str(folder.resolve()))
    kept = replace(kept, wants_rough=explorer.workspace.rough_mix(kept) is not None)
    explorer.add(kept)
    return kept
