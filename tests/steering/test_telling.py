from dataclasses import replace

import pytest
import torch

from gen_mix.console.layout import BUS_TOKENS, LAYOUT, TRACK
from gen_mix.errors import InputError
from gen_mix.mix import NOT_TOLD
from gen_mix.pipeline import MixPipeline
from gen_mix.sessions.instant import instant_session
from gen_mix.sessions.instruments import INSTRUMENTS
from gen_mix.sessions.session import Session
from gen_mix.steering.cast import cast_of
from gen_mix.steering.expressions import parse_setting, parse_telling
from gen_mix.steering.telling import believed, tellings_by_name
from gen_mix.wishes import Telling, Wishes


@pytest.fixture(scope="module")
def pipeline() -> MixPipeline:
    return MixPipeline.from_pretrained()


@pytest.fixture(scope="module")
def session() -> Session:
    whole = instant_session(5, 0)
    tracks = tuple(replace(track, instrument=None, role="normal", double_of=None) for track in whole.tracks)
    return Session("named", whole.sample_rate, tracks)


@pytest.mark.parametrize(
    ("text", "telling"),
    [
        ("Vox=lead_vocal", Telling("Vox=lead_vocal", "Vox", "lead_vocal")),
        (" Sax 1 = SAX_WOODWIND  Lead", Telling(" Sax 1 = SAX_WOODWIND  Lead", "Sax 1", "sax_woodwind", True)),
        ("a=b=kick", Telling("a=b=kick", "a=b", "kick")),
    ],
)
def test_a_telling_is_read(text: str, telling: Telling) -> None:
    assert parse_telling(text) == telling


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lead_vocal", "expected TRACK=INSTRUMENT"),
        ("=kick", "expected TRACK=INSTRUMENT"),
        ("Vox=", r"expected an instrument, got '' \(kick, snare"),
        ("Vox=lead_vocals", r"got 'lead_vocals' \(nearest: lead_vocal"),
        ("Vox=lead_vocal loud", "expected TRACK=INSTRUMENT"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_line(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parse_telling(text)
    assert "\n" not in str(caught.value)


def test_what_is_said_stands_where_it_was_said_and_the_later_word_counts(
    pipeline: MixPipeline, session: Session
) -> None:
    names = [track.name for track in session.tracks]
    told = [Telling("", names[2].upper(), "kick"), Telling("", session.tracks[2].file, "bass", True)]
    condition = pipeline.embed(session)
    said = believed(told, session).on(condition)
    assert said.label[0, 2] == INSTRUMENTS.index("bass")
    assert said.is_lead[0, 2] == 1
    others = [place for place in range(len(names)) if place != 2]
    assert bool((said.label[0, others] == NOT_TOLD).all())
    assert torch.equal(said.tracks, condition.tracks)
    assert torch.equal(said.double_of, condition.double_of)


def test_an_unknown_track_gets_the_nearest_names(session: Session) -> None:
    name = session.tracks[0].name
    with pytest.raises(InputError, match=rf"expected a track, got '{name}z' \(nearest: {name}"):
        believed([Telling("x", name + "z", "kick")], session)


def test_nothing_said_changes_nothing(pipeline: MixPipeline, session: Session) -> None:
    condition = pipeline.embed(session)
    steering = pipeline.steer(session, condition, Wishes())
    plain, steered = (pipeline.choose(session, condition, 3, steering=one) for one in (None, steering))
    assert torch.equal(plain.parameters.normalized, steered.parameters.normalized)


def test_a_track_is_mixed_as_what_it_is_said_to_be(pipeline: MixPipeline, session: Session) -> None:
    condition = pipeline.embed(session)
    told = (Telling("", session.tracks[3].file, "lead_vocal", True),)
    steering = pipeline.steer(session, condition, Wishes(told=told))
    pan = [spec.name for spec in LAYOUT.specs(TRACK)].index("pan")
    spread = {}
    for name, one in (("ears", None), ("told", steering)):
        mixes = pipeline.sample(condition, range(24), steering=one)
        spread[name] = float((mixes.parameters.normalized[:, 3 + len(BUS_TOKENS), pan] - 0.5).abs().mean())
    assert spread["told"] < 0.03
    assert spread["told"] < 0.5 * spread["ears"]


def test_wishes_mean_who_was_said_to_play(pipeline: MixPipeline, session: Session) -> None:
    condition = pipeline.embed(session)
    name = session.tracks[1].name
    told = (Telling("", session.tracks[1].file, "organ", True),)
    wishes = Wishes(settings=(parse_setting("organ.fader_db=-3"), parse_setting("lead.pan=0.5")), told=told)
    steering = pipeline.steer(session, condition, wishes)
    player = cast_of(session, steering.believed.on(condition), pipeline.embedder).players[1]
    assert (player.instrument, player.role, player.is_guessed) == ("organ", "lead", False)
    choice = pipeline.choose(session, condition, 0, steering=steering)
    assert choice.met["told"] == {name: "organ lead"}
    assert [one["met"] for one in choice.met["settings"]] == [1.0, 1.0]


def test_names_say_what_they_say_and_one_track_leads_at_most(session: Session) -> None:
    names = ("Kick", "Audio 7", "Lead Gtr", "BGV", "Vox")
    called = Session(
        "x",
        session.sample_rate,
        tuple(replace(track, name=name) for track, name in zip(session.tracks, names, strict=True)),
    )
    told = {telling.track: (telling.instrument, telling.leads) for telling in tellings_by_name(called)}
    files = [track.file for track in called.tracks]
    assert told == {
        files[0]: ("kick", False),
        files[2]: ("egtr_lead", False),
        files[3]: ("backing_vocal", False),
        files[4]: ("lead_vocal", True),
    }
    for first, fifth, leading in [("Vox 2", "Vox", None), ("Vox 2", "Lead Vox", 4), ("Kick", "BGV main", 2)]:
        tracks = [*called.tracks]
        tracks[0], tracks[4] = replace(tracks[0], name=first), replace(tracks[4], name=fifth)
        said = tellings_by_name(Session("x", session.sample_rate, tuple(tracks)))
        assert [telling.track for telling in said if telling.leads] == ([] if leading is None else [files[leading]])
