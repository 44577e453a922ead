"""What a track's name says that it is, in the words of musicians and of their file names."""

import re

_RULES: tuple[tuple[str, str], ...] = (
    ("kick", r"kick|kik|kck|bd|bass ?drum|beater"),
    ("snare", r"snare|snr|sn|sd|rimshot"),
    ("toms", r"toms?|floor ?tom|rack ?tom"),
    ("hihat", r"hi ?hats?|hats?|hh"),
    ("overheads", r"overheads?|ohs?|cymbals?|ride|crash"),
    ("percussion", r"perc|percussion|congas?|bongos?|shakers?|tamb|tambourine|cowbell|claps?|cajon|maracas|triangle"),
    ("room", r"rooms?|drum room"),
    ("drum_loop", r"drums?|drum ?set|drum ?kit|kit|loop|beat|breakbeat"),
    ("synth_bass", r"synth ?bass|bass ?synth|sub ?bass|sub|808|moog bass"),
    ("bass", r"bass|bs|bass ?guitar|upright|contrabass"),
    ("acgtr", r"(acoustic|ac|aco|nylon|steel|classical) ?(guitars?|gtrs?|gt)|acgtr|acoustic|ukulele|mandolin|banjo"),
    ("egtr_lead", r"(lead|solo) ?(guitars?|gtrs?|gt)|(guitars?|gtrs?|gt) ?(lead|solo)"),
    ("egtr_rhythm", r"guitars?|gtrs?|gtr?|egtr|elgtr"),
    ("keys_epiano", r"(electric|el|e) ?piano|rhodes|wurli|wurlitzer|clav|clavinet|keys|keyboards?|ep"),
    ("piano", r"piano|pno|grand|upright piano"),
    ("organ", r"organ|hammond|b3"),
    ("synth_pad", r"(synth )?pads?"),
    ("synth_lead", r"synths?|arps?|lead synth|synth lead|pluck"),
    ("strings", r"strings?|violins?|violas?|cellos?|orchestra|fiddle"),
    ("brass", r"brass|trumpets?|trombones?|horns?|tuba"),
    ("sax_woodwind", r"sax|saxophone|alto sax|tenor sax|flute|clarinet|oboe|bassoon|woodwinds?"),
    (
        "backing_vocal",
        r"bgvs?|bvs?|bgvox|bv(ox)?|choir|harmony|harmonies|ad ?libs?"
        r"|(backing|background|back|second|harmony|gang|bg|choir) ?(vocals?|vox|voices?|voc|singers?)"
        r"|(vocals?|vox|voices?) (backing|background|harmony|double|dbl)",
    ),
    ("lead_vocal", r"vocals?|vox|voices?|voc|singer|sing|rap|lead ?vox|leadvox"),
    ("fx", r"s?fx|effects?|noise|riser|sweep|impact"),
)
"""Instruments and what they are called, whole words."""

_FIRST = ("backing_vocal", "synth_bass", "acgtr", "egtr_lead", "keys_epiano", "kick", "synth_pad", "percussion")
"""Two words that mean something else than one of them alone: looked for before all others."""

_LEADS = re.compile(r"\b(lead|main)\b")


def instrument_in(name: str) -> str | None:
    """Return the instrument that a track's name or file name says, or None where it says none that is known.

    Folder and ending, numbers, sides and case do not count: ``03_GTR-L.wav`` is a guitar.
    """
    words = _words(name)
    in_order = sorted(_RULES, key=lambda rule: rule[0] not in _FIRST)
    return next((instrument for instrument, rule in in_order if re.search(rf"\b({rule})\b", words)), None)


def says_lead(name: str) -> bool:
    """Return whether a name says that its track leads."""
    return _LEADS.search(_words(name)) is not None


def _words(name: str) -> str:
    bare = re.sub(r"\.(wav|flac|aiff?|ogg|mp3)$", "", name.replace("\\", "/").rsplit("/", 1)[-1].lower())
    apart = re.sub(r"(?<=[a-z])(?=\d)|(?<=\d)(?=[a-z])", " ", bare) if "808" not in bare and "b3" not in bare else bare
    return " ".join(re.split(r"[\W_]+", apart)).strip()
