"""A folder of results that appears whole or not at all."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gen_mix.errors import InputError

_OURS = ("mix_*.wav", "mix_*.json", "index.html", "report.json")


def check_output(folder: Path, overwrite: bool, option: str = "--out") -> None:
    """Refuse a folder, the value of `option`, that holds something, unless it may be overwritten.

    Raises:
        InputError: `folder` is a file, or not empty and `overwrite` is false.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{option} {folder}: expected a folder, got a file")
    if folder.is_dir() and any(folder.iterdir()) and not overwrite:
        raise InputError(f"{option} {folder}: expected a new or empty folder, got one with files (use --overwrite)")


@contextmanager
def output_folder(folder: Path, ours: Sequence[str] = _OURS, option: str = "--out") -> Iterator[Path]:
    """Yield an empty folder; what is in it at the end is moved to `folder`, on an error nothing is.

    Results of an earlier run that this one does not write again are removed; other files stay.

    Args:
        folder: Where to.
        ours: Patterns of the names of such results.
        option: What the folder is the value of.

    Raises:
        InputError: The folder cannot be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        workshop = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise InputError(f"{option} {folder}: expected a folder to write to, got {error.strerror}") from error
    try:
        yield workshop
        folder.mkdir(exist_ok=True)
        for pattern in ours:
            for old in folder.glob(pattern):
                if not (workshop / old.name).exists():
                    old.unlink()
        for new in sorted(workshop.iterdir()):
            if new.is_dir():
                shutil.rmtree(folder / new.name, ignore_errors=True)
            new.replace(folder / new.name)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
