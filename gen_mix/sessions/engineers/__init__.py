"""Virtual engineers: a known distribution of mixes, given what the tracks of a session are and measure."""

from gen_mix.sessions.engineers.draw import EngineerDraw, draw_engineers, middle_engineer
from gen_mix.sessions.engineers.taste import INTENT

__all__ = ["INTENT", "EngineerDraw", "draw_engineers", "middle_engineer"]
