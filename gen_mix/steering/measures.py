"""What goals can be about: measures of rendered sound by name, each with a gradient."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_mix.measurements import OCTAVES
from gen_mix.steering.audio_features import audio_features, features_distance
from gen_mix.steering.gauges import balance_db, loudness_of, masking_db, mono_loss_db, punch_db, width_db


@dataclass(frozen=True)
class Sound:
    """What is measured: sound (batch, 2, samples) each.

    Attributes:
        own: What the tracks that are meant send to the master; of the whole mix, what leaves the master.
        rest: What all other tracks send to the master.
        sample_rate: In Hz.
        reference: What the AF distance is to (features,); empty if there is no reference.
    """

    own: Tensor
    rest: Tensor
    sample_rate: int
    reference: Tensor


@dataclass(frozen=True)
class Gauge:
    """One measure.

    Attributes:
        name: As people write it.
        unit: Of its values.
        meaning: In words.
        read: From sound to values (batch,).
        slack: How far it may miss while mixes are sampled, standard deviation.
        tolerance: How far off still counts as reached.
        of_all: Whether the whole mix has it.
        of_tracks: Whether some tracks have it.
    """

    name: str
    unit: str
    meaning: str
    read: Callable[[Sound], Tensor]
    slack: float
    tolerance: float
    of_all: bool = True
    of_tracks: bool = True


def _of_own(read: Callable[[Tensor, int], Tensor]) -> Callable[[Sound], Tensor]:
    return lambda sound: read(sound.own, sound.sample_rate)


def _octave(place: int) -> Callable[[Sound], Tensor]:
    return lambda sound: balance_db(sound.own, sound.sample_rate)[:, place]


def _loudness(sound: Sound) -> Tensor:
    return loudness_of(sound.own, sound.sample_rate) - loudness_of(sound.own + sound.rest, sound.sample_rate)


def _masking(sound: Sound) -> Tensor:
    return masking_db(sound.own, sound.rest, sound.sample_rate)


def _reference(sound: Sound) -> Tensor:
    """Return the root of the AF distance: near its end it goes straight, where the distance itself has no slope."""
    distance = features_distance(audio_features(sound.own, sound.sample_rate), sound.reference.to(sound.own.device))
    return distance.clamp_min(1e-9).sqrt()


_GAUGES = (
    Gauge("loudness", "LU", "loudness over that of the mix", _loudness, 0.1, 0.5, of_all=False),
    Gauge("masking", "dB", "by how much the others cover it", _masking, 0.1, 0.5, of_all=False),
    Gauge("width", "dB", "power of left - right over left + right", _of_own(width_db), 0.1, 0.5),
    Gauge("mono_loss", "dB", "what the worst octave loses in mono", _of_own(mono_loss_db), 0.05, 0.25),
    Gauge("punch", "dB", "how far peaks stand out", _of_own(punch_db), 0.1, 0.5),
    Gauge("reference", "", "root of the AF distance to the reference", _reference, 0.01, 0.02, of_tracks=False),
    *(
        Gauge(f"octave_{octave}", "dB", f"share of the power that is around {octave} Hz", _octave(place), 0.1, 0.5)
        for place, octave in enumerate(OCTAVES)
    ),
)

GAUGES: Mapping[str, Gauge] = {one.name: one for one in _GAUGES}
"""All measures by name."""

NO_REFERENCE = torch.zeros(0)
"""Features of no reference."""
