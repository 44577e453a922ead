"""Answers of listeners, from our page and from webMUSHRA, with what they were about."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gen_mix.errors import InputError, what_came
from gen_mix.listening.design import Stimulus

ACCEPT, DIFFERENT = "accept", "different"
"""Questions that are no axis: would you accept this one (0 or 1), how different are these (0 to 100)."""

_OWN = ("listener", "name", "song", "stimulus", "question", "value")


@dataclass(frozen=True)
class Rating:
    """One answer.

    Attributes:
        listener: Who.
        song: About which song.
        system: About whose mix; empty for a question about all mixes of the song.
        question: What was asked.
        value: The answer.
        is_repeat: True for a hidden repeat.
    """

    listener: str
    song: str
    system: str
    question: str
    value: float
    is_repeat: bool = False


@dataclass(frozen=True)
class Key:
    """What the stimuli are, by token, and the questions in their order."""

    stimuli: Mapping[str, Stimulus]
    questions: tuple[str, ...]

    @property
    def songs(self) -> list[str]:
        """Songs, in the order in which the page numbers them."""
        return sorted({stimulus.song for stimulus in self.stimuli.values()})


def read_key(path: Path) -> Key:
    """Return the key at `path`.

    Raises:
        InputError: It is none.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        stimuli = {
            token: Stimulus(token, entry["song"], entry["system"], entry["is_repeat"])
            for token, entry in document["stimuli"].items()
        }
        return Key(stimuli, tuple(document["questions"]))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        told = error if isinstance(error, OSError | ValueError) else ValueError("a file with other content")
        raise InputError(f"{path}: expected the key of a listening test (key.json), got {what_came(told)}") from error


def read_results(paths: Sequence[Path], key: Key) -> list[Rating]:
    """Return the answers in the CSV files at `paths`.

    A listener who handed in twice counts once, with the last answer to each question.

    Raises:
        InputError: A file is no such table, or is about a stimulus that the key does not know.
    """
    ratings: dict[tuple[object, ...], Rating] = {}
    for path in paths:
        try:
            rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise InputError(f"{path}: expected results as CSV, got {what_came(error)}") from error
        for rating in _read(path, rows, key):
            about = (rating.listener, rating.song, rating.system, rating.question, rating.is_repeat)
            ratings[about] = rating
    if not ratings:
        raise InputError(f"{paths[0]}: expected results, got none")
    return list(ratings.values())


def _read(path: Path, rows: Sequence[Mapping[str, str]], key: Key) -> Iterator[Rating]:
    if not rows:
        return
    columns = set(rows[0])
    for line, row in enumerate(rows, 2):
        try:
            if set(_OWN) <= columns:
                yield _own(row, key)
            elif {"session_uuid", "trial_id", "rating_stimulus", "rating_score"} <= columns:
                yield from _mushra(row, row["rating_stimulus"], row["rating_score"], key)
            elif {"session_uuid", "trial_id", "stimuli", "stimuli_rating"} <= columns:
                yield from _mushra(row, row["stimuli"], row["stimuli_rating"], key)
            else:
                raise InputError(f"{path}: expected columns {', '.join(_OWN)}, or those of webMUSHRA, got others")
        except (KeyError, ValueError, TypeError, IndexError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"{path}, line {line}: expected an answer to this test, got {error}") from error


def _own(row: Mapping[str, str], key: Key) -> Rating:
    listener = f"{row['listener']} {row['name']}".strip()
    if not row["stimulus"]:
        return Rating(listener, key.songs[int(row["song"]) - 1], "", row["question"], float(row["value"]))
    stimulus = key.stimuli[row["stimulus"]]
    value = float(row["value"])
    return Rating(listener, stimulus.song, stimulus.system, row["question"], value, stimulus.is_repeat)


def _mushra(row: Mapping[str, str], token: str, score: str, key: Key) -> Iterator[Rating]:
    """Yield a rating of webMUSHRA; the hidden reference, which it names itself, is left out."""
    if token == "reference":
        return
    stimulus = key.stimuli[token]
    asked = re.search(r"question_(\d+)$", row["trial_id"])
    question = key.questions[int(asked[1]) - 1] if asked else ACCEPT
    yield Rating(row["session_uuid"], stimulus.song, stimulus.system, question, float(score), stimulus.is_repeat)
