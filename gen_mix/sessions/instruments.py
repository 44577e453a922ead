"""The instrument classes that labels use. The model never sees them, except in a diagnostic."""

INSTRUMENTS = (
    "kick",
    "snare",
    "toms",
    "hihat",
    "overheads",
    "room",
    "percussion",
    "drum_loop",
    "bass",
    "synth_bass",
    "egtr_rhythm",
    "egtr_lead",
    "acgtr",
    "piano",
    "keys_epiano",
    "organ",
    "synth_lead",
    "synth_pad",
    "strings",
    "brass",
    "sax_woodwind",
    "lead_vocal",
    "backing_vocal",
    "fx",
)
"""Fine classes, in the order of every class axis and class number."""

COARSE_CLASSES = ("kick", "snare", "drums", "cymbals", "bass", "guitar", "keys", "vocal", "other")
"""What the fine classes are summed up to where labels of real recordings are coarse."""

COARSE_OF = {
    "kick": "kick",
    "snare": "snare",
    "toms": "drums",
    "hihat": "cymbals",
    "overheads": "cymbals",
    "room": "drums",
    "percussion": "drums",
    "drum_loop": "drums",
    "bass": "bass",
    "synth_bass": "bass",
    "egtr_rhythm": "guitar",
    "egtr_lead": "guitar",
    "acgtr": "guitar",
    "piano": "keys",
    "keys_epiano": "keys",
    "organ": "keys",
    "synth_lead": "keys",
    "synth_pad": "keys",
    "strings": "other",
    "brass": "other",
    "sax_woodwind": "other",
    "lead_vocal": "vocal",
    "backing_vocal": "vocal",
    "fx": "other",
}

ROLES = ("lead", "normal", "background")
