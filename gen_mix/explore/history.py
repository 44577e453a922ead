"""What was done to a session, as a tree: every moment is kept, and undo never loses one."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gen_mix.errors import InputError
from gen_mix.wishes import Telling

MOST_MOMENTS = 400
VERDICTS = ("", "favourite", "rejected")


@dataclass(frozen=True)
class Slot:
    """A place among the mixes; what is changed in it keeps its number and its name.

    Attributes:
        id: Of the slot.
        name: What a person calls it.
        mix: Which settings are in it now.
        verdict: One of `VERDICTS`.
    """

    id: str
    name: str
    mix: str
    verdict: str = ""


@dataclass(frozen=True)
class Likeness:
    """A record that new mixes are to sound like.

    Attributes:
        id: Of the record.
        section: Id of what was measured of the section of it that counts, see `gen_mix.explore.records`.
        weight: How much it counts, 0 to 1; at 0 it is only there to be heard.
        aspects: What is taken from it.
    """

    id: str
    section: str
    weight: float
    aspects: tuple[str, ...]


@dataclass(frozen=True)
class Scene:
    """All that undo brings back.

    Attributes:
        slots: The mixes, in order.
        locks: Names of what is locked, see `gen_mix.explore.locks`.
        records: What new mixes are to sound like, in the order it came.
        told: What tracks are, where a person said so.
    """

    slots: tuple[Slot, ...] = ()
    locks: tuple[str, ...] = ()
    records: tuple[Likeness, ...] = ()
    told: tuple[Telling, ...] = ()

    def slot(self, slot_id: str) -> Slot:
        """Return the slot with that id.

        Raises:
            InputError: There is none.
        """
        for slot in self.slots:
            if slot.id == slot_id:
                return slot
        raise InputError(f"mix: expected one of this session, got {slot_id!r:.40}")

    def record(self, record_id: str) -> Likeness:
        """Return the record with that id.

        Raises:
            InputError: There is none.
        """
        for record in self.records:
            if record.id == record_id:
                return record
        raise InputError(f"record: expected one of this session, got {record_id!r:.40}")

    def with_slot(self, changed: Slot) -> "Scene":
        """Return the scene with one slot changed."""
        return replace(self, slots=tuple(changed if slot.id == changed.id else slot for slot in self.slots))


@dataclass(frozen=True)
class Moment:
    """A scene and how it came about.

    Attributes:
        id: Of the moment; counts up.
        parent: The moment before, or None for the first.
        label: What was done, in words.
        scene: What there was then.
    """

    id: int
    parent: int | None
    label: str
    scene: Scene


@dataclass(frozen=True)
class History:
    """A tree of moments and where one stands in it.

    Attributes:
        moments: By id.
        here: Id of the present moment.
        ahead: Where redo goes from a moment.
        names: Snapshots: moment ids by name.
    """

    moments: Mapping[int, Moment] = field(default_factory=lambda: {0: Moment(0, None, "Opened", Scene())})
    here: int = 0
    ahead: Mapping[int, int] = field(default_factory=dict)
    names: Mapping[str, int] = field(default_factory=dict)

    @property
    def scene(self) -> Scene:
        """The present scene."""
        return self.moments[self.here].scene

    def then(self, label: str, scene: Scene) -> "History":
        """Return the history after something was done; what was undone before stays as a branch."""
        new = Moment(max(self.moments) + 1, self.here, label, scene)
        grown = replace(
            self, moments={**self.moments, new.id: new}, here=new.id, ahead={**self.ahead, self.here: new.id}
        )
        return _pruned(grown)

    def amended(self, moment: int, label: str, scene: Scene) -> "History":
        """Return the history with more done in `moment` if that is the present; else as `then`."""
        if moment != self.here or any(other.parent == moment for other in self.moments.values()):
            return self.then(label, scene)
        changed = replace(self.moments[moment], label=label, scene=scene)
        return replace(self, moments={**self.moments, moment: changed})

    def undo(self) -> "History":
        """Return the history one moment earlier; the first has none before it."""
        parent = self.moments[self.here].parent
        return self if parent is None else replace(self, here=parent, ahead={**self.ahead, parent: self.here})

    def redo(self) -> "History":
        """Return the history one moment later on the branch that was left last."""
        return replace(self, here=self.ahead.get(self.here, self.here))

    def go(self, moment: int) -> "History":
        """Return the history at another moment; redo then follows the way back to where it leads.

        Raises:
            InputError: There is no such moment.
        """
        if moment not in self.moments:
            raise InputError(f"moment: expected one of the history, got {moment!r:.40}")
        ahead, child = dict(self.ahead), moment
        while (parent := self.moments[child].parent) is not None:
            ahead[parent], child = child, parent
        return replace(self, here=moment, ahead=ahead)

    def named(self, name: str) -> "History":
        """Return the history with a snapshot of the present; an old one of that name goes."""
        return replace(self, names={**self.names, name: self.here})

    def without_name(self, name: str) -> "History":
        """Return the history without a snapshot; its moment stays."""
        return replace(self, names={other: moment for other, moment in self.names.items() if other != name})


def _pruned(history: History) -> History:
    """Return a history of no more than `MOST_MOMENTS`: the oldest go, but for forks, named ones and the present."""
    moments, kept = dict(history.moments), {history.here, *history.names.values()}
    while len(moments) > MOST_MOMENTS:
        parents = [moment.parent for moment in moments.values()]
        oldest = next((id_ for id_ in sorted(moments) if id_ not in kept and parents.count(id_) < 2), None)
        if oldest is None:
            break
        gone = moments.pop(oldest)
        for child in [moment for moment in moments.values() if moment.parent == oldest]:
            moments[child.id] = replace(child, parent=gone.parent)
    ahead = {before: after for before, after in history.ahead.items() if before in moments and after in moments}
    return replace(history, moments=moments, ahead=ahead)


def history_to_json(history: History) -> dict[str, object]:
    """Return the history as plain values."""
    return {
        "here": history.here,
        "ahead": {str(before): after for before, after in history.ahead.items()},
        "names": dict(history.names),
        "moments": [
            {
                "id": moment.id,
                "parent": moment.parent,
                "label": moment.label,
                "locks": list(moment.scene.locks),
                "slots": [[slot.id, slot.name, slot.mix, slot.verdict] for slot in moment.scene.slots],
                "records": [[one.id, one.section, one.weight, list(one.aspects)] for one in moment.scene.records],
                "told": [[one.text, one.track, one.instrument, one.leads] for one in moment.scene.told],
            }
            for moment in history.moments.values()
        ],
    }


def history_from_json(stored: Mapping[str, Any]) -> History:
    """Return what `history_to_json` made plain.

    Raises:
        ValueError, KeyError, TypeError: It is something else.
    """
    moments = {}
    for entry in stored["moments"]:
        slots = tuple(Slot(*(str(part) for part in slot)) for slot in entry["slots"])
        records = tuple(
            Likeness(str(id_), str(section), float(weight), tuple(str(aspect) for aspect in aspects))
            for id_, section, weight, aspects in entry.get("records", [])
        )
        told = tuple(
            Telling(str(text), str(track), str(instrument), bool(leads))
            for text, track, instrument, leads in entry.get("told", [])
        )
        scene = Scene(slots, tuple(str(lock) for lock in entry["locks"]), records, told)
        parent = entry["parent"]
        moments[int(entry["id"])] = Moment(
            int(entry["id"]), None if parent is None else int(parent), str(entry["label"]), scene
        )
    here, ahead, names = stored["here"], stored["ahead"], stored["names"]
    if not isinstance(here, int) or not isinstance(ahead, dict) or not isinstance(names, dict):
        raise TypeError("expected here, ahead and names")
    history = History(moments, here, {int(key): int(value) for key, value in ahead.items()}, dict(names))
    if here not in moments or not set(history.names.values()) <= set(moments):
        raise ValueError("expected moments that are there")
    return history
