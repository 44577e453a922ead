"""What a person says that tracks are, where the model would trust its ears."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from gen_mix.errors import InputError
from gen_mix.mix import NOT_TOLD, MixCondition
from gen_mix.sessions.instruments import INSTRUMENTS
from gen_mix.sessions.naming import instrument_in, says_lead
from gen_mix.sessions.session import Session
from gen_mix.steering.expressions import names_of, nearest
from gen_mix.wishes import Telling


@dataclass(frozen=True, eq=False)
class Believed:
    """What was said of the tracks of a session.

    Attributes:
        label: Instrument class (1, tracks), `NOT_TOLD` where nothing was said.
        is_lead: 1 for who was said to lead (1, tracks), else `NOT_TOLD`.
    """

    label: Tensor
    is_lead: Tensor

    def on(self, condition: MixCondition) -> MixCondition:
        """Return `condition` with what was said in the place of what is heard."""
        label, is_lead = (value.to(condition.tracks.device) for value in (self.label, self.is_lead))
        is_said = label != NOT_TOLD
        return replace(
            condition,
            label=torch.where(is_said, label, condition.label),
            is_lead=torch.where(is_said, is_lead, condition.is_lead),
        )


def tellings_by_name(session: Session) -> tuple[Telling, ...]:
    """Return what the names of the tracks of `session` say that they are, of those that say it.

    At most one leads: of the singers the only one or the first that is called so, without singers the first of all.
    """
    named = [(track, instrument) for track in session.tracks if (instrument := instrument_in(track.name)) is not None]
    singers = [track for track, instrument in named if instrument == "lead_vocal"]
    others = [track for track, instrument in named if instrument != "backing_vocal"]
    leads = singers if len(singers) == 1 else [track for track in singers or others if says_lead(track.name)]
    return tuple(
        Telling(f"{track.file}={instrument}", track.file, instrument, track.file in {one.file for one in leads[:1]})
        for track, instrument in named
    )


def believed(tellings: Sequence[Telling], session: Session) -> Believed:
    """Return what `tellings` say of the tracks of `session`; of two that name the same track, the later one.

    Raises:
        InputError: A telling names no track, with the nearest names.
    """
    label = torch.full((1, len(session.tracks)), NOT_TOLD)
    is_lead = label.clone()
    for telling in tellings:
        places = [
            place
            for place, track in enumerate(session.tracks)
            if telling.track.lower() in names_of(track.name, track.file)
        ]
        if not places:
            near = nearest(telling.track, [track.name for track in session.tracks])
            raise InputError(f"--tell {telling.text}: expected a track, got {telling.track!r}{near}")
        label[0, places] = INSTRUMENTS.index(telling.instrument)
        is_lead[0, places] = 1 if telling.leads else NOT_TOLD
    return Believed(label, is_lead)
