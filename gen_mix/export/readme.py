"""An export: what goes into it, and the README that says so and what its formats could not say."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from gen_mix.export.alternatives import Alternative, Section
from gen_mix.export.audio_files import AudioFormat
from gen_mix.export.mixdown import MixDown, mix_down
from gen_mix.sessions.session import Session


@dataclass(frozen=True)
class Export:
    """What is taken away.

    Attributes:
        session: The tracks.
        alternatives: At least one mix of it.
        form: Of the audio files.
        sections: Places in the song, in the order of time.
    """

    session: Session
    alternatives: tuple[Alternative, ...]
    form: AudioFormat
    sections: tuple[Section, ...] = ()

    @cached_property
    def mixes(self) -> tuple[MixDown, ...]:
        """The alternatives, rendered once for all formats."""
        return tuple(mix_down(self.session, alternative) for alternative in self.alternatives)


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


def readme_text(export: Export, parts: Sequence[Part]) -> str:
    """Return the README as Markdown."""
    names = [alternative.name for alternative in export.alternatives]
    lines = [
        f"# {' '.join(export.session.name.split())}: {', '.join(names)}",
        "",
        "Made by gen_mix. Every level is in dB, every track starts at the beginning of the song.",
    ]
    for part in parts:
        lines += ["", f"## {part.title}", "", *(f"* {line}" for line in part.contents)]
        if part.limits:
            lines += ["", "What this format cannot say, or says otherwise:", "", *(f"* {line}" for line in part.limits)]
    return "\n".join(lines) + "\n"
