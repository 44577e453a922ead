"""Are wishes met, and what do they cost? ``gen-mix evaluate control``."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from gen_mix.errors import InputError
from gen_mix.evaluation.control_cost import cost_of_wishes
from gen_mix.evaluation.control_goals import goals_part
from gen_mix.evaluation.control_locks import locks_of
from gen_mix.evaluation.control_reference import reference_part
from gen_mix.evaluation.control_session import ControlSession, control_session
from gen_mix.evaluation.control_start import start_from_of
from gen_mix.evaluation.control_variety import variety_of
from gen_mix.evaluation.control_words import words_of
from gen_mix.files import write_whole
from gen_mix.pipeline import MixPipeline
from gen_mix.sessions.session import Session

Part = Callable[[MixPipeline, Sequence[ControlSession], int, int], Mapping[str, object]]
"""From the pipeline, the sessions, the number of mixes in a set and a seed to one entry of the report."""

PARTS: Mapping[str, Part] = {
    "words": words_of,
    "reference": reference_part,
    "locks": locks_of,
    "goals": goals_part,
    "start_from": start_from_of,
    "variety": variety_of,
    "cost": cost_of_wishes,
}
"""What is judged, by its name in the report."""


def evaluate_control(
    sessions: Sequence[Session],
    pipeline: MixPipeline,
    samples: int = 64,
    seed: int = 0,
    parts: Sequence[str] = tuple(PARTS),
    progress: Callable[[str], None] = lambda name: None,
) -> dict[str, object]:
    """Return the report: one entry for each part.

    Args:
        sessions: Labelled, and best unseen.
        pipeline: With the model to judge.
        samples: Mixes in each set, at least 2.
        seed: Of all chance.
        parts: Names of `PARTS`.
        progress: Called with the name of a part once it has been judged.

    Raises:
        InputError: There are no sessions, a track has no label, or there is no such part.
    """
    if not sessions:
        raise InputError("sessions: expected at least one labelled one, got none")
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        raise InputError(f"parts: expected some of {', '.join(PARTS)}, got {unknown[0]}")
    prepared = [control_session(session, pipeline) for session in sessions]
    report: dict[str, object] = {"sessions": len(sessions), "samples": samples, "seed": seed, "model": pipeline.name}
    for part in parts:
        report[part] = dict(PARTS[part](pipeline, prepared, samples, seed))
        progress(part)
    return report


def write_control(report: Mapping[str, object], out: Path) -> None:
    """Write the report as JSON, whole or not at all; parts that are there and were not judged again stay.

    Raises:
        InputError: `out` cannot be written, or holds something else.
    """
    before: dict[str, object] = {}
    if out.exists():
        try:
            before = json.loads(out.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"--out {out}: expected a report to add to, got: {error}") from error
    out.parent.mkdir(parents=True, exist_ok=True)
    write_whole(out, (json.dumps({**before, **report}, indent=1, allow_nan=False) + "\n").encode())
