"""How large an export will be, told before it is written."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from gen_mix.errors import InputError
from gen_mix.export.alternatives import Alternative
from gen_mix.export.audio_files import AUDIO_FORMATS
from gen_mix.export.mixdown import RETURNS
from gen_mix.export.readme import Export

_TEXT_BYTES = 5000
"""Of a track of a mix in one format."""


def export_bytes(export: Export, formats: Sequence[str]) -> int:
    """Return about how many bytes `export` takes in `formats`, without rendering it.

    Exact but for text, FLAC, and what exceeds full scale: that is written as 32-bit float, but only rendering tells.
    """
    channels = sum(_CHANNELS[name](export) for name in set(formats) if name in _CHANNELS)
    audio = channels * export.session.samples * export.form.bytes_per_sample
    texts = len(set(formats)) * len(export.alternatives) * len(export.session.tracks)
    return round(audio) + texts * _TEXT_BYTES


def smaller_forms(export: Export, formats: Sequence[str]) -> dict[str, int]:
    """Return how many bytes the same takes in the audio formats that take less, by their names, the smallest last."""
    smaller = [name for name, form in AUDIO_FORMATS.items() if form.bytes_per_sample < export.form.bytes_per_sample]
    sizes = {name: export_bytes(replace(export, form=AUDIO_FORMATS[name]), formats) for name in smaller}
    return dict(sorted(sizes.items(), key=lambda entry: -entry[1]))


def size_words(export: Export, formats: Sequence[str]) -> str:
    """Return how large an export is, and what makes it smaller, in words: ``1.2 GB (as flac 600 MB)``."""
    smaller = smaller_forms(export, formats) if any(name in _CHANNELS for name in formats) else {}
    others = ", ".join(f"as {name} {bytes_words(size)}" for name, size in smaller.items())
    return bytes_words(export_bytes(export, formats)) + (f" ({others})" if others else "")


def bytes_words(size: float) -> str:
    """Return a size as people say it: ``0.2 MB``, ``35 MB``, ``1.2 GB``."""
    if size < 0.95e6:
        return f"{max(size / 1e6, 0.1):.1f} MB"
    return f"{size / 1e6:.0f} MB" if size < 0.9995e9 else f"{size / 1e9:.1f} GB"


def free_bytes(folder: Path) -> int:
    """Return what there is room for in `folder`, or where that is to be made."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


def check_room(folder: Path, export: Export, formats: Sequence[str], name: str) -> None:
    """Refuse an export that the disk of `folder`, called `name`, has not room enough for.

    Raises:
        InputError: It has less than the export is expected to take.
    """
    free = free_bytes(folder)
    if export_bytes(export, formats) > free:
        raise InputError(f"{name}: expected room for about {size_words(export, formats)}, got {bytes_words(free)} free")


def _stem_channels(export: Export) -> int:
    return sum(2 * (len(export.session.tracks) + _returns(mix) + 1) for mix in export.alternatives)


def _package_channels(export: Export) -> int:
    # A dry track that several mixes widen alike is there once.
    dry = {(at, track["width"]) for mix in export.alternatives for at, track in enumerate(mix.settings["tracks"])}
    exact = sum(len(export.session.tracks) + _returns(mix) for mix in export.alternatives)
    printed = sum(_returns(mix) for mix in export.alternatives)
    return sum(export.session.tracks[at].audio.shape[0] for at, _ in dry) + 2 * (exact + printed)


def _reaper_channels(export: Export) -> int:
    printed = sum(_is_fed(mix, "reverb") for mix in export.alternatives)
    return sum(track.audio.shape[0] for track in export.session.tracks) + 2 * printed


def _returns(mix: Alternative) -> int:
    return sum(_is_fed(mix, bus) for bus in RETURNS)


def _is_fed(mix: Alternative, bus: str) -> bool:
    return any(track["sends"][f"{bus}_db"] is not None for track in mix.settings["tracks"])


_CHANNELS: dict[str, Callable[[Export], int]] = {
    "stems": _stem_channels,
    "dawproject": _package_channels,
    "rpp": _reaper_channels,
}
"""Channels of audio, each as long as the song, that a format writes; the others write none."""
