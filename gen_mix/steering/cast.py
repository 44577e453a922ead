"""Who plays in a session, and whom a wish means."""

from dataclasses import dataclass

from gen_mix.console.layout import BUS_TOKENS
from gen_mix.embeddings.embedder import TrackEmbedder
from gen_mix.errors import InputError
from gen_mix.mix import NOT_TOLD, MixCondition
from gen_mix.sessions.instruments import COARSE_OF, INSTRUMENTS, ROLES
from gen_mix.sessions.session import Session
from gen_mix.steering.expressions import names_of, nearest

GROUPS = {
    "all": tuple(INSTRUMENTS),
    "drums": tuple(name for name in INSTRUMENTS if COARSE_OF[name] in ("kick", "snare", "drums", "cymbals")),
    **{
        word: tuple(name for name in INSTRUMENTS if COARSE_OF[name] == coarse)
        for word, coarse in {
            "cymbals": "cymbals", "basses": "bass", "guitars": "guitar", "keys": "keys", "vocals": "vocal",
            "others": "other",
        }.items()
    },
    **{name: (name,) for name in INSTRUMENTS},
}  # fmt: skip
"""Words for several tracks, and the instruments they mean."""

_ROLE_INSTRUMENTS = {"lead": "lead_vocal", "background": "backing_vocal"}


@dataclass(frozen=True)
class Player:
    """One track as wishes see it.

    Attributes:
        name, file: As in `Track`.
        instrument: A word of `INSTRUMENTS`: the label, or what the embedder takes it for.
        role: The label.
        is_stereo: As in `Track`.
        is_guessed: Whether nobody said what it plays.
    """

    name: str
    file: str
    instrument: str
    role: str
    is_stereo: bool
    is_guessed: bool = False


@dataclass(frozen=True)
class Meant:
    """What a target means.

    Attributes:
        tokens: Places on the token axis of `MixParameters`, at least one.
        breadth: 0 for a group, 1 for a role, 2 for a track or bus: the narrower wins.
        note: What was assumed, in words, or empty.
    """

    tokens: tuple[int, ...]
    breadth: int
    note: str = ""


@dataclass(frozen=True)
class Cast:
    """All players of a session, in its order."""

    players: tuple[Player, ...]

    def meant(self, target: str, option: str) -> Meant:
        """Return whom `target` means: a track by name or file, else a bus, a role, or a group; case does not count.

        Raises:
            InputError: Nobody, with the nearest names.
        """
        word = target.lower()
        named = [place for place, one in enumerate(self.players) if word in names_of(one.name, one.file)]
        if named:
            return Meant(_tokens(named), 2)
        if word in BUS_TOKENS:
            return Meant((BUS_TOKENS.index(word),), 2)
        if word in ROLES:
            return self._role(word, option)
        playing = [place for place, one in enumerate(self.players) if one.instrument in GROUPS.get(word, ())]
        if playing:
            return Meant(_tokens(playing), 0)
        known = [one.name for one in self.players] + [*BUS_TOKENS, *ROLES, *GROUPS]
        if word in GROUPS:
            raise InputError(f"{option}: expected a group that plays in this session, got {target!r} and none is")
        raise InputError(f"{option}: expected a track, bus, role or group, got {target!r}{nearest(target, known)}")

    def _role(self, role: str, option: str) -> Meant:
        """Return who has a role by label; where nobody has, who is heard as the voice of that role."""
        labelled = [place for place, one in enumerate(self.players) if one.role == role]
        if labelled:
            return Meant(_tokens(labelled), 1)
        heard = [place for place, one in enumerate(self.players) if one.instrument == _ROLE_INSTRUMENTS.get(role)]
        if not heard:
            raise InputError(f"{option}: expected a track with the role {role}, got none (label one in session.yaml)")
        names = ", ".join(self.players[place].name for place in heard)
        return Meant(_tokens(heard), 1, f"{role}: nobody is labelled so, taken to be {names}")


def cast_of(session: Session, condition: MixCondition, embedder: TrackEmbedder) -> Cast:
    """Return the players of a session: what they are said to be, else their label, else the likeliest instrument.

    Args:
        session: Its tracks.
        condition: What `embedder` made of them (batch 1).
        embedder: Its vectors hold the log-probability of each instrument.
    """
    said, leads = condition.label[0].tolist(), condition.is_lead[0].tolist()
    known = [
        track.instrument if label == NOT_TOLD else INSTRUMENTS[label]
        for track, label in zip(session.tracks, said, strict=True)
    ]
    return Cast(
        tuple(
            Player(
                track.name,
                track.file,
                instrument or heard,
                "lead" if is_lead == 1 else track.role,
                track.is_stereo,
                is_guessed=instrument is None,
            )
            for track, instrument, heard, is_lead in zip(
                session.tracks, known, heard_as(condition, embedder), leads, strict=True
            )
        )
    )


def heard_as(condition: MixCondition, embedder: TrackEmbedder) -> list[str]:
    """Return the likeliest instrument of each track of a session, by ear; arguments as of `cast_of`."""
    learned = embedder.config.bottleneck
    likeliest = condition.tracks[0, :, learned : learned + len(INSTRUMENTS)].argmax(-1)
    return [INSTRUMENTS[place] for place in likeliest.tolist()]


def _tokens(places: list[int]) -> tuple[int, ...]:
    return tuple(len(BUS_TOKENS) + place for place in places)
