"""The README of an export: what is in it, how to open it, and what its formats could not say."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """What one format added to an export.

    Attributes:
        title: Of the format.
        contents: What lies there and how to open it, a sentence each.
        limits: What the format cannot say, or says otherwise, a sentence each.
    """

    title: str
    contents: tuple[str, ...]
    limits: tuple[str, ...] = ()


def readme_text(session_name: str, mixes: Sequence[str], parts: Sequence[Part]) -> str:
    """Return the README as Markdown."""
    lines = [
        f"# {session_name}: {', '.join(mixes)}",
        "",
        "Made by gen_mix. Every level is in dB, every track starts at the beginning of the song.",
    ]
    for part in parts:
        lines += ["", f"## {part.title}", "", *(f"* {line}" for line in part.contents)]
        if part.limits:
            lines += ["", "What this format cannot say, or says otherwise:", "", *(f"* {line}" for line in part.limits)]
    return "\n".join(lines) + "\n"
