"""Where reports of evaluations go."""

import json
from collections.abc import Mapping
from pathlib import Path

from gen_mix.errors import InputError
from gen_mix.files import write_whole


def write_report_files(report: Mapping[str, object], beside: Mapping[str, bytes], out: Path) -> None:
    """Write a report as JSON, and what belongs to it beside it, each whole or not at all.

    Args:
        report: Finite numbers only.
        beside: Contents by suffix, such as ``.md``.
        out: A file ending in ``.json``, or a folder for ``report.json``; folders are made if needed.

    Raises:
        InputError: `out` cannot be written.
    """
    target = out if out.suffix == ".json" else out / "report.json"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for suffix, content in beside.items():
            write_whole(target.with_suffix(suffix), content)
        write_whole(target, (json.dumps(report, indent=1, allow_nan=False) + "\n").encode())
    except OSError as error:
        raise InputError(f"{out}: expected a place to write the report to, got: {error.strerror}") from error
