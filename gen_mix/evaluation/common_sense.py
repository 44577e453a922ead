"""What anybody would object to in a mix, and how far mixes of a song differ."""

from collections.abc import Sequence

import torch
from torch import Tensor

from gen_mix.evaluation.heard import HEARD
from gen_mix.evaluation.production import Production
from gen_mix.sessions.facts import TrackFacts
from gen_mix.sessions.instruments import INSTRUMENTS

LEAD_LU = (-6.0, 6.0)
CENTRED = 0.25
MOST_MONO_LOSS_DB = 3.0
LEAST_LEVEL_LU = -40.0
BALANCE_MARGIN_DB = 6.0

_LOW = tuple(INSTRUMENTS.index(name) for name in ("kick", "bass", "synth_bass"))
_AUDIBLE_DB = -30.0  # an octave with less of the whole power than this is not missed in mono


def complaints_of(
    facts: TrackFacts,
    heard: Tensor,
    productions: Sequence[Production],
    lead_lu: Tensor | None,
    usual_db: Tensor | None,
) -> dict[str, float]:
    """Return the share of mixes of a song to which common sense objects, by objection.

    * ``lead``: the lead is not within `LEAD_LU` of all others together.
    * ``low_end_off_centre``: a kick or bass in mono is further out than `CENTRED`.
    * ``lost_in_mono``: an octave loses `MOST_MONO_LOSS_DB` or more when the channels are summed.
    * ``lost_track``: a track is softer than `LEAST_LEVEL_LU` re the mix.
    * ``balance``: an octave is more than `BALANCE_MARGIN_DB` outside of what people's mixes have.

    Objections that a song cannot raise are absent.

    Args:
        facts: Of the song (batch 1).
        heard: Of `hear` (mixes, tracks, len(HEARD)).
        productions: Of the rendered mixes.
        lead_lu: Loudness of the lead over that of all others together (mixes,); None if nobody leads.
        usual_db: Balance of people's mixes (people, octaves); None if there are none.
    """
    level, pan = (heard[..., HEARD.index(name)] for name in ("level_lu", "pan"))
    is_low = torch.isin(facts.instrument[0], torch.tensor(_LOW)) & ~facts.is_stereo[0]
    found = {"lost_track": (level < LEAST_LEVEL_LU).any(1)}
    if lead_lu is not None:
        found["lead"] = (lead_lu < LEAD_LU[0]) | (lead_lu > LEAD_LU[1])
    if bool(is_low.any()):
        found["low_end_off_centre"] = (pan[:, is_low].abs() > CENTRED).any(1)
    balance = torch.stack([one.balance_db for one in productions])
    loss = torch.stack([one.mono_loss_db for one in productions])
    found["lost_in_mono"] = ((loss >= MOST_MONO_LOSS_DB) & (balance > _AUDIBLE_DB)).any(1)
    if usual_db is not None:
        low, high = usual_db.amin(0) - BALANCE_MARGIN_DB, usual_db.amax(0) + BALANCE_MARGIN_DB
        found["balance"] = ((balance < low) | (balance > high)).any(1)
    return {name: float(share.double().mean()) for name, share in sorted(found.items())}


def medians_of_spread(gain_db: Tensor, pan: Tensor, is_stereo: Tensor) -> dict[str, float]:
    """Return medians over tracks of standard deviations over mixes: of the gain, dB, and of the pan of mono tracks.

    Args:
        gain_db: Faders (mixes, tracks).
        pan: -1 to 1 (mixes, tracks).
        is_stereo: Boolean (tracks,).
    """
    found = {"gain_sd_db": float(gain_db.std(0).median())}
    if not bool(is_stereo.all()):
        found["pan_sd"] = float(pan[:, ~is_stereo].std(0).median())
    return found
