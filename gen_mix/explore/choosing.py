"""New settings for a session: from nothing, or from a mix that is partly kept; nearer to what was liked."""

from collections.abc import Sequence

import torch

from gen_mix.console.layout import TRACK
from gen_mix.errors import InputError
from gen_mix.explore.locks import GROUPS, lock_names
from gen_mix.explore.studio import Studio
from gen_mix.mix import MixParameters
from gen_mix.model.codec import MixCodec
from gen_mix.pipeline import Choice
from gen_mix.sessions.session import Track
from gen_mix.steering.steering import Steering
from gen_mix.steering.travel import among_latents, straight
from gen_mix.wishes import SettingWish


def kept_settings(locks: Sequence[str], tracks: Sequence[Track]) -> tuple[SettingWish, ...]:
    """Return wishes that keep what is locked.

    Args:
        locks: Names of `lock_names`.
        tracks: Of the session, in the order of their files.

    Raises:
        InputError: A name is none of them.
    """
    known = set(lock_names(len(tracks)))
    wishes: list[SettingWish] = []
    for name in locks:
        if name not in known:
            raise InputError(f"lock: expected a name such as track.0.level, got {name!r:.40}")
        kind, *rest = name.split(".")
        if kind == TRACK:
            track = tracks[int(rest[0])]
            groups = [group for group in GROUPS[rest[1]] if group != "width" or track.is_stereo]
            wishes += [SettingWish(f"{track.name} {rest[1]}", track.file, group, "keep") for group in groups]
        else:
            groups = list(GROUPS[rest[0]] if rest else [""])
            wishes += [SettingWish(name, kind, group, "keep") for group in groups if group != "high_pass"]
    return tuple(wishes)


def choose(studio: Studio, seed: int, steering: Steering | None) -> Choice:
    """Return the settings that `seed` stands for."""
    return studio.pipeline.choose(studio.session, studio.condition, seed, steering=steering)


def between_latents(mixes: Sequence[MixParameters], weights: Sequence[float], codec: MixCodec) -> MixParameters:
    """Return the mix between some mixes, batch 1, canonical: the weighted mean of their latents, decoded.

    Args:
        mixes: Canonical, batch 1, of one session.
        weights: At least 0, one per mix; their sum, above 0, counts as 1.
        codec: Says mixes in latents.
    """
    shares = torch.tensor([weights])
    return among_latents(mixes, shares / shares.sum(), codec)[0]


def between_knobs(mixes: Sequence[MixParameters], weights: Sequence[float]) -> MixParameters:
    """Return the mix between some mixes, batch 1, canonical: the weighted mean of their settings.

    From the first mix on to each further one, as far as its weight says.

    Args:
        mixes: Canonical, batch 1, of one session.
        weights: At least 0, one per mix; their sum, above 0, counts as 1.
    """
    mixed, total = mixes[0], weights[0]
    for mix, weight in zip(mixes[1:], weights[1:], strict=True):
        total += weight
        if weight > 0:
            mixed = straight(mixed, mix, weight / total)
    return mixed
