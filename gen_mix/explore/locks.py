"""What of a mix is to stay as it is, by names a person would use."""

from gen_mix.console.layout import DELAY, REVERB

GROUPS = {
    "level": ("fader_db",),
    "place": ("pan", "width"),
    "tone": ("high_pass", "eq"),
    "dynamics": ("compressor",),
    "space": ("reverb_send", "delay_send"),
}
"""Groups of knobs of a track that are locked together, and their names or the beginnings of them."""

_MASTER_GROUPS = ("tone", "dynamics")


def lock_names(tracks: int) -> list[str]:
    """Return the names of all that can be locked: ``track.0.level`` ..., ``reverb``, ``delay``, ``master.tone`` ..."""
    return [
        *(f"track.{place}.{group}" for place in range(tracks) for group in GROUPS),
        REVERB,
        DELAY,
        *(f"master.{group}" for group in _MASTER_GROUPS),
    ]
