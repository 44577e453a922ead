import copy
import json
from typing import Any

import pytest
import torch

from gen_mix.console.console import render
from gen_mix.console.layout import LAYOUT
from gen_mix.console.settings import parameters_of, settings_of
from gen_mix.errors import InputError
from gen_mix.mix import MixParameters
from tests.console.desk import RATE, console, random_console

SIDES = [True, False, True]


def _settings(parameters: MixParameters) -> dict[str, Any]:
    tracks = int(parameters.mask[:, 3:].any(-1).sum())
    return settings_of(
        parameters, [f"T{i}" for i in range(tracks)], [f"t{i}.wav" for i in range(tracks)], [1.5] * tracks
    )


def test_settings_are_a_fixed_point_through_the_file(generator: torch.Generator) -> None:
    parameters = random_console(SIDES, 12, generator)
    for mix in range(12):
        settings = _settings(parameters[mix])
        parsed = parameters_of(json.loads(json.dumps(settings)), SIDES)
        assert _settings(parsed) == settings
        again = parameters_of(_settings(parsed), SIDES)
        assert torch.equal(again.normalized, parsed.normalized)
        assert torch.equal(again.mask, parsed.mask)
        assert torch.equal(LAYOUT.canonical(parsed).normalized, parsed.normalized)


def test_the_file_sounds_the_same(generator: torch.Generator) -> None:
    parameters = random_console(SIDES, 3, generator)
    tracks = [0.1 * torch.randn(2 if stereo else 1, 2000, generator=generator) for stereo in SIDES]
    for mix in range(3):
        rendered = parameters_of(_settings(parameters[mix]), SIDES)
        read = parameters_of(json.loads(json.dumps(_settings(rendered))), SIDES)
        assert torch.equal(render(tracks, rendered, RATE), render(tracks, read, RATE))
        original = render(tracks, parameters[mix], RATE)
        assert (render(tracks, read, RATE) - original).norm() < 2e-3 * original.norm()


def test_settings_say_what_was_turned() -> None:
    parameters = console(
        [False],
        {
            (3, "eq.bell_2.on"): 1, (3, "eq.bell_2.gain_db"): -3.25, (3, "eq.bell_2.freq_hz"): 250.0,
            (3, "fader_db"): -6.5, (3, "pan"): -0.3, (3, "reverb_send.on"): 1, (3, "reverb_send.level_db"): -12.0,
            (2, "time_ms"): 375.0, (0, "compressor.on"): 1, (0, "compressor.ratio"): 1.5,
        },
    )  # fmt: skip
    settings = settings_of(parameters, ["Kick"], ["kick.wav"], [3.25])
    track = settings["tracks"][0]
    assert (track["name"], track["file"], track["staging_gain_db"]) == ("Kick", "kick.wav", 3.25)
    assert track["eq"]["on"] is True
    assert track["eq"]["bands"][2] == {
        "band": "bell_2", "type": "bell", "on": True, "freq_hz": 250.0, "gain_db": -3.25, "q": 1.0
    }  # fmt: skip
    assert (track["fader_db"], track["pan"], track["width"]) == (-6.5, -0.3, 1.0)
    assert track["sends"] == {"reverb_db": -12.0, "delay_db": None}
    assert track["high_pass"] == {"on": False, "freq_hz": 80.0}
    assert settings["buses"]["delay"]["time_ms"] == 375.0
    assert settings["master"]["compressor"]["on"] is True
    assert settings["master"]["compressor"]["ratio"] == 1.5


def test_what_is_plain_may_be_left_out() -> None:
    settings = _settings(console([True], {(3, "eq.bell_2.on"): 1, (3, "eq.bell_2.gain_db"): 5.0, (3, "width"): 1.0}))
    expected = parameters_of(settings, [True])
    short = copy.deepcopy(settings)
    track = short["tracks"][0]
    bell = track["eq"]["bands"][2]
    del track["width"], bell["band"], bell["on"]
    track["eq"]["bands"] = [bell]
    track["compressor"] = {"on": False}
    track["high_pass"] = {"on": False}
    short["master"]["eq"] = {"on": False, "bands": []}
    short["format"] = 1
    assert torch.equal(parameters_of(short, [True]).normalized, expected.normalized)


def test_an_eq_that_is_off_has_no_band_on() -> None:
    settings = _settings(console([True], {(3, "eq.bell_2.on"): 1, (3, "eq.bell_2.gain_db"): 5.0}))
    settings["tracks"][0]["eq"]["on"] = False
    torch.testing.assert_close(parameters_of(settings, [True]).normalized, console([True], {}).normalized)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("tracks[0].compressor.ratio", 30, "tracks[0].compressor.ratio: expected a number from 1 to 20, got 30"),
        ("tracks[0].compressor.on", 1, "tracks[0].compressor.on: expected true or false, got 1"),
        ("tracks[1].pan", float("nan"), "tracks[1].pan: expected a number from -1 to 1, got nan"),
        ("tracks[1].pan", True, "tracks[1].pan: expected a number from -1 to 1, got True"),
        ("tracks[1].width", 1.5, "tracks[1].width: expected 1, for the track is mono, got 1.5"),
        ("tracks[0].widht", 1, "tracks[0].widht: expected one of "),
        ("tracks[0].sends.reverb_db", "-3", "tracks[0].sends.reverb_db: expected a number from -60 to 6 dB, got '-3'"),
        ("tracks[0].eq.bands[2].freq_hz", 5000, "tracks[0].eq.bands[2].freq_hz: expected a number from 150 to 600 Hz"),
        ("tracks[0].eq.bands[2].type", "notch", "tracks[0].eq.bands[2].type: expected one of low_shelf, bell, high_"),
        ("tracks[0].eq.bands[2].band", "bell_1", "tracks[0].eq.bands[2].band: expected one of bell_2, bell_3, bell_4"),
        ("buses.delay.time_ms", None, "buses.delay.time_ms: expected a number from 20 to 1500 ms, got None"),
        ("buses.reverb", 3, "buses.reverb: expected an object, got 3"),
        ("buses.chorus", {}, "buses.chorus: expected one of reverb, delay, got an unknown key"),
        ("master.compressor.knee_db", 10**400, "master.compressor.knee_db: expected a number from 0 to 18 dB"),
        ("master", "loud", "master: expected an object, got 'loud'"),
        ("tracks", {}, "tracks: expected a list of objects, got {}"),
        ("tracks", [], "tracks: expected 2, got 0"),
    ],
)
def test_a_wrong_setting_is_named(path: str, value: object, message: str) -> None:
    on = {(3, "compressor.on"): 1, (3, "eq.bell_2.on"): 1, (0, "compressor.on"): 1, (3, "reverb_send.on"): 1}
    settings = _settings(console([True, False], on))
    *parents, last = path.replace("[", ".").replace("]", "").split(".")
    place: Any = settings
    for key in parents:
        place = place[int(key) if key.isdigit() else key]
    place[last] = value
    with pytest.raises(InputError) as raised:
        parameters_of(settings, [True, False])
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "path", ["tracks.0.fader_db", "tracks.0.sends.delay_db", "tracks.0.eq", "buses.delay", "master"]
)
def test_a_missing_setting_is_named(path: str) -> None:
    settings = _settings(console([True], {}))
    *parents, last = path.split(".")
    place: Any = settings
    for key in parents:
        place = place[int(key) if key.isdigit() else key]
    del place[last]
    with pytest.raises(InputError, match=f"{last}: expected .* got nothing"):
        parameters_of(settings, [True])


def test_the_wrong_number_of_tracks_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one mix of 1 tracks"):
        settings_of(console([True, False], {}), ["a"], ["a.wav"], [0.0])
