"""What the page keeps on disk: sessions by id, each in a folder of its own, every file written whole.

sessions/<id>/session.json   name, tracks, excerpt, history: all that a restart needs
sessions/<id>/tracks/        the recordings as they came in, beside session.yaml with their names
sessions/<id>/mixes/         settings, one file a mix; they never change
sessions/<id>/audio/         rendered excerpts, which can be made again
sessions/<id>/records/       what mixes are to sound like: recordings, and what was measured of their sections
sessions/<id>/map.json       the map's axes and its background, which stay as they are
"""

import json
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gen_mix.audio import SUFFIXES
from gen_mix.errors import InputError
from gen_mix.explore.history import History, history_from_json, history_to_json
from gen_mix.files import write_whole
from gen_mix.sessions.labels import LABELS_FILE, labels_text

FORMAT = 1
_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class KeptTrack:
    """A track that came in.

    Attributes:
        name: What a person calls it; only ever shown as text.
        file: Its file in ``tracks``, named by the server.
        seconds: Its own length.
        channels: 1 or 2.
        bytes_decoded: Its size in memory.
    """

    name: str
    file: str
    seconds: float
    channels: int
    bytes_decoded: int


@dataclass(frozen=True)
class Begun:
    """A job that was asked for and has not ended: what a restart tells of it."""

    id: str
    kind: str
    label: str


@dataclass(frozen=True)
class Kept:
    """All that is remembered of a session.

    Attributes:
        id: 16 hexadecimal digits.
        name: What a person calls it.
        tracks: What came in; empty for a folder of this machine.
        folder: That folder, if the session was named on the command line.
        excerpt_start: Where the excerpt begins, in seconds; None until one is chosen.
        seeds: How many were used.
        history: What was done.
        wants_rough: Whether a rough mix lies beside the tracks that is not among the mixes yet.
        begun: Jobs that have not ended.
    """

    id: str
    name: str
    tracks: tuple[KeptTrack, ...] = ()
    folder: str | None = None
    excerpt_start: float | None = None
    seeds: int = 0
    history: History = field(default_factory=History)
    wants_rough: bool = False
    begun: tuple[Begun, ...] = ()

    def file_at(self, place: int | None) -> str:
        """Return the file of a new track at `place`, from 1; behind all others where that is None.

        Raises:
            InputError: Another is there.
        """
        files = [track.file for track in self.tracks]
        name = _track_file(place or 1 + max((int(file[6:9]) for file in files), default=0))
        if name in files:
            raise InputError(f"place: expected one that is free, got {place}")
        return name


def _track_file(place: int) -> str:
    return f"track_{place:03d}.wav"


def new_id() -> str:
    """Return an id that nobody guesses."""
    return secrets.token_hex(8)


def checked_id(text: str) -> str:
    """Return `text` if it is an id.

    Raises:
        InputError: It is anything else, such as a path.
    """
    if not _ID.fullmatch(text):
        raise InputError("id: expected 16 hexadecimal digits, got something else")
    return text


@dataclass(frozen=True)
class Workspace:
    """The folder in which sessions are kept."""

    root: Path

    @classmethod
    def at(cls, root: Path) -> "Workspace":
        """Return the workspace in `root`, which is made if needed, for this user alone.

        Raises:
            InputError: It cannot be made.
        """
        try:
            (root / "sessions").mkdir(parents=True, exist_ok=True)
            root.chmod(0o700)
        except OSError as error:
            raise InputError(f"--state {root}: expected a folder to write to, got {error.strerror}") from error
        return cls(root)

    def folder(self, session_id: str) -> Path:
        """Return the folder of a session, whether it is there or not."""
        return self.root / "sessions" / checked_id(session_id)

    def sessions(self) -> list[Kept]:
        """Return all sessions that can be read, the last used first."""
        places = [path for path in (self.root / "sessions").iterdir() if _ID.fullmatch(path.name)]
        stamped = [(path / "session.json", path.name) for path in places if (path / "session.json").is_file()]
        stamped.sort(key=lambda entry: -entry[0].stat().st_mtime_ns)
        kept = []
        for _, name in stamped:
            try:
                kept.append(self.read(name))
            except InputError:  # a file somebody else broke: the others can still be opened
                continue
        return kept

    def read(self, session_id: str) -> Kept:
        """Return what is kept of a session.

        Raises:
            InputError: There is none, or its file is broken.
        """
        path = self.folder(session_id) / "session.json"
        try:
            return _from_json(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise InputError("session: expected one that is there, got none") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}: expected the file of a session, got {type(error).__name__}: {error}") from error

    def write(self, kept: Kept) -> None:
        """Write what is kept of a session, whole; the first time, its folder too."""
        folder = self.folder(kept.id)
        for part in ("tracks", "mixes", "audio", "records"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        write_whole(folder / "session.json", _encode(_to_json(kept)))

    def remove(self, session_id: str) -> None:
        """Delete a session with all its files; a folder named on the command line stays."""
        folder = self.folder(session_id)
        gone = folder.with_name(f".gone-{folder.name}-{os.getpid()}")
        if folder.is_dir():
            folder.rename(gone)
            shutil.rmtree(gone, ignore_errors=True)

    def write_labels(self, kept: Kept) -> None:
        """Write the names of the tracks, for `read_session`."""
        text = labels_text(kept.name, [{"file": track.file, "name": track.name} for track in kept.tracks])
        write_whole(self.folder(kept.id) / LABELS_FILE, text.encode())

    def session_folder(self, kept: Kept) -> Path:
        """Return where the tracks of a session are."""
        return Path(kept.folder) if kept.folder else self.folder(kept.id)

    def rough_mix(self, kept: Kept) -> Path | None:
        """Return where a bounce of the session is, or None."""
        return self._beside_tracks(kept, "mix")

    def reference(self, kept: Kept) -> Path | None:
        """Return the record that lies beside the tracks, or None."""
        return self._beside_tracks(kept, "reference")

    def _beside_tracks(self, kept: Kept, stem: str) -> Path | None:
        files = sorted(self.session_folder(kept).glob("*"))
        return next((file for file in files if file.stem.lower() == stem and file.suffix.lower() in SUFFIXES), None)

    def write_json(self, session_id: str, name: str, content: object) -> None:
        """Write a JSON file of a session; `name` is given by the server."""
        write_whole(self.folder(session_id) / name, _encode(content))

    def read_json(self, session_id: str, name: str) -> Any | None:
        """Return the content of a JSON file of a session, None if it is not there or broken."""
        try:
            return json.loads((self.folder(session_id) / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def write_mix(self, session_id: str, document: Mapping[str, Any]) -> str:
        """Keep the settings of a mix; return the id under which they stay."""
        mix_id = new_id()
        self.write_json(session_id, f"mixes/{mix_id}.json", document)
        return mix_id

    def read_mix(self, session_id: str, mix_id: str) -> dict[str, Any]:
        """Return the settings of a mix.

        Raises:
            InputError: There is none of that id.
        """
        document = self.read_json(session_id, f"mixes/{checked_id(mix_id)}.json")
        if not isinstance(document, dict):
            raise InputError("mix: expected one that is there, got none")
        return document

    def write_record(self, session_id: str, facts: Mapping[str, Any]) -> str:
        """Keep what was measured of a section of a record; return the id under which it stays."""
        record_id = new_id()
        self.write_json(session_id, f"records/{record_id}.json", facts)
        return record_id

    def read_record(self, session_id: str, record_id: str) -> dict[str, Any]:
        """Return what was measured of a section of a record.

        Raises:
            InputError: There is none of that id.
        """
        facts = self.read_json(session_id, f"records/{checked_id(record_id)}.json")
        if not isinstance(facts, dict):
            raise InputError("record: expected one that is there, got none")
        return facts

    def record_path(self, session_id: str, file_id: str) -> Path:
        """Return where the sound of a record is, or will be."""
        return self.folder(session_id) / "records" / f"{checked_id(file_id)}.wav"

    def audio_path(self, session_id: str, mix_id: str) -> Path:
        """Return where the rendered excerpt of a mix is, or will be."""
        return self.folder(session_id) / "audio" / f"{checked_id(mix_id)}.wav"


def _encode(content: object) -> bytes:
    return (json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _to_json(kept: Kept) -> dict[str, object]:
    return {
        "format": FORMAT,
        "id": kept.id,
        "name": kept.name,
        "tracks": [[t.name, t.file, t.seconds, t.channels, t.bytes_decoded] for t in kept.tracks],
        "folder": kept.folder,
        "excerpt_start": kept.excerpt_start,
        "seeds": kept.seeds,
        "history": history_to_json(kept.history),
        "wants_rough": kept.wants_rough,
        "begun": [[job.id, job.kind, job.label] for job in kept.begun],
    }


def _from_json(stored: Mapping[str, Any]) -> Kept:
    if stored["format"] != FORMAT:
        raise ValueError(f"expected format {FORMAT}, got {stored['format']!r}")
    return Kept(
        id=checked_id(stored["id"]),
        name=str(stored["name"]),
        tracks=tuple(KeptTrack(str(n), str(f), float(s), int(c), int(b)) for n, f, s, c, b in stored["tracks"]),
        folder=stored["folder"],
        excerpt_start=stored["excerpt_start"],
        seeds=int(stored["seeds"]),
        history=history_from_json(stored["history"]),
        wants_rough=bool(stored["wants_rough"]),
        begun=tuple(Begun(str(i), str(k), str(label)) for i, k, label in stored.get("begun", [])),
    )
