import pytest

from gen_mix.sessions.instruments import INSTRUMENTS
from gen_mix.sessions.naming import _RULES, instrument_in, says_lead


@pytest.mark.parametrize(
    ("name", "instrument"),
    [
        ("Kick In.wav", "kick"),
        ("01_BASS DRUM.aif", "kick"),
        ("SN top", "snare"),
        ("Floor Tom", "toms"),
        ("04-HH.flac", "hihat"),
        ("OH_L", "overheads"),
        ("Room Far", "room"),
        ("01_drum-set", "drum_loop"),
        ("Bongos", "percussion"),
        ("02_electric-bass", "bass"),
        ("bassguitar", "bass"),
        ("Synth Bass", "synth_bass"),
        ("808", "synth_bass"),
        ("05_acoustic-guitar-2", "acgtr"),
        ("leadguitar", "egtr_lead"),
        ("GTR-L", "egtr_rhythm"),
        ("Gtr2 DI", "egtr_rhythm"),
        ("Rhodes", "keys_epiano"),
        ("Electric piano", "keys_epiano"),
        ("Piano", "piano"),
        ("Hammond B3", "organ"),
        ("pad_warm", "synth_pad"),
        ("02_arp-dist", "synth_lead"),
        ("Violins", "strings"),
        ("05_horns", "brass"),
        ("Alto Sax", "sax_woodwind"),
        ("Lead Vox", "lead_vocal"),
        ("04_male-singer", "lead_vocal"),
        ("BGV 3", "backing_vocal"),
        ("06_bgvox-main", "backing_vocal"),
        ("Backing Vocals", "backing_vocal"),
        ("sfx", "fx"),
        ("Bassoon", "sax_woodwind"),
        ("tracks/Ride.wav", "overheads"),
        ("Audio 1-3", None),
        ("build", None),
        ("Basement", None),
        ("Kickstarter", None),
        ("", None),
    ],
)
def test_a_name_says_what_a_musician_means_by_it(name: str, instrument: str | None) -> None:
    assert instrument_in(name) == instrument


def test_every_instrument_can_be_called_something() -> None:
    assert {instrument for instrument, _ in _RULES} == set(INSTRUMENTS)
    for instrument in set(INSTRUMENTS) - {"egtr_rhythm", "keys_epiano", "acgtr", "egtr_lead"}:
        assert instrument_in(instrument) == instrument


def test_who_leads_is_called_so() -> None:
    assert says_lead("Lead Vox")
    assert says_lead("vox-MAIN")
    assert not says_lead("Leader")
