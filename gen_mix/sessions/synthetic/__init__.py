"""Realistic labelled sessions from MIDI, soundfonts and samples, with the faults of real recordings."""

from gen_mix.sessions.synthetic.settings import SyntheticSettings, unseen_settings
from gen_mix.sessions.synthetic.studio import SyntheticStudio, synthetic_session
from gen_mix.sessions.synthetic.writing import write_sessions

__all__ = ["SyntheticSettings", "SyntheticStudio", "synthetic_session", "unseen_settings", "write_sessions"]
