"""What ``session.yaml`` says of a session: names and labels. It is optional, and mixing needs none of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import yaml

from gen_mix.errors import InputError
from gen_mix.sessions.instruments import INSTRUMENTS, ROLES

LABELS_FILE = "session.yaml"

_SESSION_KEYS = ("name", "tracks")
_TRACK_KEYS = ("file", "name", "instrument", "role", "double_of")


@dataclass(frozen=True)
class TrackLabels:
    """What is said of one track; see `Track`."""

    name: str | None = None
    instrument: str | None = None
    role: str = "normal"
    double_of: str | None = None


@dataclass(frozen=True)
class SessionLabels:
    """What is said of a session.

    Attributes:
        name: Of the session, or None.
        tracks: By file name, without folder; a track of which nothing is said has no entry.
    """

    name: str | None = None
    tracks: Mapping[str, TrackLabels] = field(default_factory=dict)

    def of(self, file_name: str) -> TrackLabels:
        """Return what is said of the track in `file_name`."""
        return self.tracks.get(file_name, TrackLabels())


def read_labels(path: Path, file_names: list[str]) -> SessionLabels:
    """Return what the file at `path` says of the tracks in `file_names`; nothing if there is no file.

    Raises:
        InputError: It is not YAML, has a key or word that is not ours, or names a file that is not there.
    """
    if not path.is_file():
        return SessionLabels()
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise InputError(f"{path}: expected YAML, got {' '.join(str(error).split())}") from error
    if content is None:
        return SessionLabels()
    session = _mapping(content, _SESSION_KEYS, f"{path}")
    entries = session.get("tracks") or []
    if not isinstance(entries, list):
        raise InputError(f"{path}: tracks: expected a list, got {entries!r}")
    tracks: dict[str, TrackLabels] = {}
    for number, entry in enumerate(entries):
        where = f"{path}: tracks[{number}]"
        values = _mapping(entry, _TRACK_KEYS, where)
        file = _file_name(values.get("file"), file_names, f"{where}.file")
        if file in tracks:
            raise InputError(f"{where}.file: expected each track once, got {file} again")
        tracks[file] = _track_labels(values, file, file_names, where)
    return SessionLabels(_text(session.get("name"), f"{path}: name"), _paired(tracks, path))


def labels_text(name: str, tracks: list[dict[str, str | None]]) -> str:
    """Return the content of a ``session.yaml``; `tracks` hold the keys of a track, None where nothing is known."""
    said = [{key: value for key, value in track.items() if value is not None} for track in tracks]
    return yaml.safe_dump({"name": name, "tracks": said}, sort_keys=False, allow_unicode=True, width=120)


def _track_labels(values: Mapping[str, object], file: str, file_names: list[str], where: str) -> TrackLabels:
    double_of = values.get("double_of")
    if double_of is not None:
        double_of = _file_name(double_of, file_names, f"{where}.double_of")
        if double_of == file:
            raise InputError(f"{where}.double_of: expected another track, got the track itself")
    return TrackLabels(
        name=_text(values.get("name"), f"{where}.name"),
        instrument=_word(values.get("instrument"), INSTRUMENTS, f"{where}.instrument"),
        role=_word(values.get("role"), ROLES, f"{where}.role") or "normal",
        double_of=double_of,
    )


def _paired(tracks: dict[str, TrackLabels], path: Path) -> dict[str, TrackLabels]:
    """Return the labels with every double named by both tracks of its pair."""
    partner: dict[str, str] = {}
    for file, labels in tracks.items():
        if labels.double_of is not None:
            for one, other in ((file, labels.double_of), (labels.double_of, file)):
                if partner.setdefault(one, other) != other:
                    raise InputError(f"{path}: double_of: expected doubles in pairs, got {one} in two of them")
    return {
        file: TrackLabels(labels.name, labels.instrument, labels.role, partner.get(file))
        for file, labels in {**{file: TrackLabels() for file in partner}, **tracks}.items()
    }


def _mapping(value: object, keys: tuple[str, ...], where: str) -> Mapping[str, object]:
    """Return `value`, a mapping with no keys but `keys`."""
    if not isinstance(value, dict):
        raise InputError(f"{where}: expected keys of {', '.join(keys)}, got {value!r}")
    for key in value:
        if key not in keys:
            raise InputError(f"{where}: expected keys of {', '.join(keys)}, got {key!r}")
    return value


def _file_name(value: object, file_names: list[str], where: str) -> str:
    """Return the track that `value` names, with or without the folder ``tracks/``."""
    name = PurePosixPath(value).name if isinstance(value, str) else None
    if name is None or name not in file_names:
        raise InputError(f"{where}: expected a file of the session, got {value!r}")
    return name


def _word(value: object, words: tuple[str, ...], where: str) -> str | None:
    """Return `value`, one of `words` or None."""
    if value is not None and value not in words:
        raise InputError(f"{where}: expected one of {', '.join(words)}, got {value!r}")
    return value if isinstance(value, str) else None


def _text(value: object, where: str) -> str | None:
    """Return `value` as text or None: a name such as 7 is a number to YAML."""
    if isinstance(value, list | dict):
        raise InputError(f"{where}: expected text, got {value!r}")
    return None if value is None else str(value)
