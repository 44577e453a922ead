"""What the model takes each track for, and what a person says that it is."""

from collections.abc import Sequence

from gen_mix.explore.studio import Studio
from gen_mix.steering.cast import heard_as
from gen_mix.steering.telling import tellings_by_name
from gen_mix.wishes import Telling

NAMES = {
    "kick": "kick",
    "snare": "snare",
    "toms": "toms",
    "hihat": "hi-hat",
    "overheads": "overheads",
    "room": "drum room",
    "percussion": "percussion",
    "drum_loop": "drum loop, whole kit",
    "bass": "bass",
    "synth_bass": "synth bass",
    "egtr_rhythm": "electric guitar",
    "egtr_lead": "lead guitar",
    "acgtr": "acoustic guitar",
    "piano": "piano",
    "keys_epiano": "electric piano",
    "organ": "organ",
    "synth_lead": "synth lead",
    "synth_pad": "synth pad",
    "strings": "strings",
    "brass": "brass",
    "sax_woodwind": "sax, woodwind",
    "lead_vocal": "lead vocal",
    "backing_vocal": "backing vocal",
    "fx": "effects",
}
"""What people call the instruments."""


def track_views(studio: Studio, told: Sequence[Telling]) -> list[dict[str, object]]:
    """Return of each track, in the order of the page, its name, what it is heard as, called and said to be."""
    heard = heard_as(studio.condition, studio.pipeline.embedder)
    said = {telling.track: telling for telling in told}
    called = {telling.track: telling.instrument for telling in tellings_by_name(studio.session)}
    views = []
    for at in studio.order:
        track = studio.session.tracks[at]
        telling = said.get(track.file)
        views.append(
            {
                "name": track.name,
                "is_stereo": track.is_stereo,
                "heard": heard[at],
                "called": called.get(track.file),
                "told": None if telling is None else telling.instrument,
                "leads": telling is not None and telling.leads,
            }
        )
    return views
