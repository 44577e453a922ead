"""References: do mixes come to sound like a record, and like the engineer who made it?"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from gen_mix.audio import AudioFile
from gen_mix.console.fast import render_fast
from gen_mix.console.layout import LAYOUT
from gen_mix.evaluation.control_session import ControlSession
from gen_mix.mix import MixParameters
from gen_mix.pipeline import MixPipeline
from gen_mix.sessions.engineers import draw_engineers
from gen_mix.steering.audio_features import audio_features_distance
from gen_mix.steering.following import reached
from gen_mix.steering.production import measure_production
from gen_mix.steering.references import busiest, reference_of
from gen_mix.steering.sounds import Pull
from gen_mix.wishes import Wishes

_MOST_SEEDS, _ENGINEERS = 4, 3
_ASPECTS = ("tone", "width", "dynamics")


def reference_part(
    pipeline: MixPipeline, sessions: Sequence[ControlSession], samples: int, seed: int
) -> Mapping[str, object]:
    """Return how far references pull mixes, against the same seeds without them.

    Hidden engineers mix each session, and their renderings are references for mixes of the same session and of the
    next one.

    * ``af_reduction``: by which share the mean AF distance to the reference falls; ``other_song`` where the reference
      is of the next session's tracks.
    * ``sound_correlation``: of what references and mixes measure (`gen_mix.steering.production`), likewise over all
      references, then the mean of the values.
    * ``latent_correlation``: of the hidden engineers' taste and that of the mixes, mean over seeds; on each axis over
      all references, then the mean of the axes. ``without`` is the same without the reference.
    * ``twin_af_reduction``: by which share the AF distance of the supervised twin's one answer falls when it is moved
      to the same reference, with the same estimates, in the shortest way.
    """
    count = min(samples, _MOST_SEEDS)
    seeds = range(seed, seed + count)
    distances: dict[str, list[float]] = {
        name: [] for name in ("own", "own_plain", "other", "other_plain", "twin", "twin_plain")
    }
    tastes: dict[str, list[Tensor]] = {name: [] for name in ("hidden", "found", "plain", "record", "mix")}
    axes = [place for place, name in enumerate(pipeline.space.intent) if name.startswith("taste.")]
    for number, one in enumerate(sessions):
        other = sessions[(number + 1) % len(sessions)]
        unsteered = {item.session.name: pipeline.sample(item.condition, seeds) for item in (one, other)}
        drawn = draw_engineers(one.facts.expand(_ENGINEERS), torch.Generator().manual_seed(seed + number))
        for audio, intent in zip(_rendered(one, drawn.parameters), drawn.intent, strict=True):
            reference = reference_of(AudioFile(audio, one.session.sample_rate), "hidden", None, 1.0, _ASPECTS)
            for item, name in ((one, "own"), (other, "other"))[: 1 + (len(sessions) > 1)]:
                steering = pipeline.steer(item.session, item.condition, Wishes(references=(reference,)))
                steered, plain = pipeline.sample(item.condition, seeds, steering=steering), unsteered[item.session.name]
                for key, mixes in ((name, steered), (f"{name}_plain", plain)):
                    distances[key] += [
                        audio_features_distance(mix, audio, item.session.sample_rate)
                        for mix in _rendered(item, mixes.parameters)
                    ]
                if name == "own":
                    tastes["hidden"].append(intent[axes])
                    tastes["found"].append(steered.intent[:, axes].mean(0))
                    tastes["plain"].append(plain.intent[:, axes].mean(0))
                    heard = [
                        measure_production(mix, item.session.sample_rate) for mix in _rendered(item, steered.parameters)
                    ]
                    tastes["record"].append(torch.tensor(reference.sound))
                    tastes["mix"].append(torch.stack(heard).mean(0))
                    for key, mix in _twins(pipeline, one, steering.route.pull).items():
                        distances[key].append(audio_features_distance(mix, audio, one.session.sample_rate))
    return _summed(distances) | {
        "latent_correlation": _correlation(tastes["hidden"], tastes["found"]),
        "sound_correlation": _correlation(tastes["record"], tastes["mix"]),
        "without": _correlation(tastes["hidden"], tastes["plain"]),
        "references": len(tastes["hidden"]),
    }


def _rendered(one: ControlSession, mixes: MixParameters) -> Tensor:
    return render_fast(busiest(one.session), LAYOUT.canonical(mixes), one.session.sample_rate)


def _twins(pipeline: MixPipeline, one: ControlSession, pull: Pull | None) -> dict[str, Tensor]:
    """Return the twin's answer as it is and moved to a reference, rendered; nothing where there is no twin."""
    if pipeline.twin is None or pull is None:
        return {}
    plain = LAYOUT.canonical(pipeline.twin_parameters(one.condition))
    clean = pipeline.space.encode(plain, torch.zeros(1, len(pipeline.space.intent)))
    records = pull.of_records
    clean = clean if records is None else reached(clean, records)
    moved = pipeline.space.decode(clean, one.condition.is_track, one.condition.is_stereo).parameters
    return {"twin": _rendered(one, moved)[0], "twin_plain": _rendered(one, plain)[0]}


def _summed(distances: Mapping[str, Sequence[float]]) -> dict[str, object]:
    means = {name: float(np.mean(found)) for name, found in distances.items() if found}
    report: dict[str, object] = {"af_reduction": round(1 - means["own"] / means["own_plain"], 3)}
    if "other" in means:
        report["other_song"] = round(1 - means["other"] / means["other_plain"], 3)
    if "twin" in means:
        report["twin_af_reduction"] = round(1 - means["twin"] / means["twin_plain"], 3)
    return report | {"distances": {name: round(mean, 4) for name, mean in means.items()}}


def _correlation(hidden: Sequence[Tensor], found: Sequence[Tensor]) -> float:
    """Return the mean over axes of the correlation over references; an axis on which nothing varies counts as 0."""
    pairs = [torch.stack(list(values)).double() for values in (hidden, found)]
    centred = [values - values.mean(0) for values in pairs]
    norms = [values.square().sum(0).sqrt().clamp_min(1e-9) for values in centred]
    return round(float(((centred[0] * centred[1]).sum(0) / (norms[0] * norms[1])).mean()), 3)
