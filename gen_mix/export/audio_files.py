"""How audio is written for other programs."""

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from gen_mix.audio import write_audio


@dataclass(frozen=True)
class AudioFormat:
    """A kind of audio file.

    Attributes:
        suffix: ``.wav`` or ``.flac``.
        subtype: ``PCM_24`` or ``FLOAT``.
        bytes_per_sample: Of one channel; of FLAC, half of what WAV takes, which music rarely exceeds.
    """

    suffix: str
    subtype: str
    bytes_per_sample: float


AUDIO_FORMATS = {
    "wav24": AudioFormat(".wav", "PCM_24", 3.0),
    "wav32f": AudioFormat(".wav", "FLOAT", 4.0),
    "flac": AudioFormat(".flac", "PCM_24", 1.5),
}
"""By the names that the command line has for them."""


def write_stem(folder: Path, stem: str, audio: Tensor, sample_rate: int, form: AudioFormat) -> str:
    """Write ``stem`` with its suffix into `folder` and return the file's name.

    What exceeds full scale is written as 32-bit float WAV whatever `form` says: parts may be louder than their sum, and
    must not be clipped or turned down if they are to add up to it.

    Args:
        folder: Where to.
        stem: Of the file's name.
        audio: (1 or 2, samples).
        sample_rate: In Hz.
        form: How to write what fits.
    """
    fits = not audio.numel() or float(audio.abs().max()) <= 1.0
    written = form if fits else AUDIO_FORMATS["wav32f"]
    name = stem + written.suffix
    write_audio(folder / name, audio, sample_rate, written.subtype)
    return name
