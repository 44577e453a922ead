"""Knobs of a session's mix as its file has them."""

from gen_mix.console.layout import LAYOUT
from gen_mix.console.settings import parameters_of, settings_of
from gen_mix.mix import MixParameters
from gen_mix.sessions.session import Session


def as_written(session: Session, parameters: MixParameters) -> MixParameters:
    """Return parameters (batch 1) as they come back from the mix's file."""
    tracks = session.tracks
    settings = settings_of(
        LAYOUT.canonical(parameters),
        [track.name for track in tracks],
        [track.file for track in tracks],
        [track.staging_gain_db for track in tracks],
    )
    return parameters_of(settings, [track.is_stereo for track in tracks])
