"""A ``project.xml``: tracks in groups, one group per mix, and the arrangement of their audio."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from gen_mix.export.alternatives import Section
from gen_mix.export.dawproject.elements import Ids, boolean, number, pan_normalized, real, text
from gen_mix.version import VERSION

AddDevices = Callable[[Element, Ids], None]
"""Adds devices to the element that holds them."""


@dataclass(frozen=True)
class AudioClip:
    """An audio file on a track, from the beginning of the song.

    Attributes:
        path: Inside the package.
        channels: 1 or 2.
        sample_rate: In Hz.
        samples: Length.
    """

    path: str
    channels: int
    sample_rate: int
    samples: int

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.samples / self.sample_rate


@dataclass(frozen=True)
class TrackPlan:
    """A track to be written.

    Attributes:
        name: What a person sees.
        clip: Its audio, or None.
        volume: Linear, 0 to 2.
        pan: -1 left to 1 right.
        role: ``regular`` or ``effect``.
        is_muted: True if it is not to be heard.
        sends: Linear levels by the name of the effect track, in the same group, that they go to.
        devices: What adds its devices.
        comment: What the format has no other place for.
    """

    name: str
    clip: AudioClip | None
    volume: float = 1.0
    pan: float = 0.0
    role: str = "regular"
    is_muted: bool = False
    sends: tuple[tuple[str, float], ...] = ()
    devices: AddDevices | None = None
    comment: str = ""


@dataclass(frozen=True)
class GroupPlan:
    """A group of tracks that is one mix."""

    name: str
    tracks: tuple[TrackPlan, ...]
    is_muted: bool = False
    devices: AddDevices | None = None
    comment: str = ""


def project_xml(groups: Sequence[GroupPlan], sections: Sequence[Section]) -> bytes:
    """Return the ``project.xml`` of `groups`, which all play into one master."""
    ids = Ids()
    project = Element("Project", {"version": "1.0"})
    SubElement(project, "Application", {"name": "gen_mix", "version": VERSION})
    transport = SubElement(project, "Transport")
    SubElement(transport, "Tempo", {"unit": "bpm", "value": "120", "min": "20", "max": "666", "name": "Tempo"})
    SubElement(transport, "TimeSignature", {"numerator": "4", "denominator": "4"})
    structure = SubElement(project, "Structure")
    arrangement = SubElement(project, "Arrangement", {"id": ids.new()})
    lanes = SubElement(arrangement, "Lanes", {"timeUnit": "seconds", "id": ids.new()})
    master_id = ids.new()
    for group in groups:
        _add_group(structure, lanes, group, master_id, ids)
    master = _track(structure, "Master", "audio", "", ids)
    _close_channel(_channel(master, "master", None, master_id), TrackPlan("Master", None), {}, ids)
    if sections:
        markers = SubElement(arrangement, "Markers", {"timeUnit": "seconds"})
        for section in sections:
            SubElement(markers, "Marker", {"time": number(section.seconds), "name": text(section.name)})
    SubElement(project, "Scenes")
    indent(project)
    return tostring(project, encoding="UTF-8", xml_declaration=True)


def metadata_xml(title: str, comment: str) -> bytes:
    """Return the ``metadata.xml`` beside it."""
    metadata = Element("MetaData")
    SubElement(metadata, "Title").text = text(title)
    SubElement(metadata, "Comment").text = text(comment)
    return tostring(metadata, encoding="UTF-8", xml_declaration=True)


def _add_group(structure: Element, lanes: Element, group: GroupPlan, master_id: str, ids: Ids) -> None:
    parent = _track(structure, group.name, "tracks", group.comment, ids)
    group_id = ids.new()
    channel = _channel(parent, "submix", master_id, group_id)
    _close_channel(channel, TrackPlan(group.name, None, is_muted=group.is_muted, devices=group.devices), {}, ids)
    channel_ids = {track.name: ids.new() for track in group.tracks if track.role == "effect"}
    for track in group.tracks:
        element = _track(parent, track.name, "audio", track.comment, ids)
        is_effect = track.role == "effect"
        own = channel_ids[track.name] if is_effect else ids.new()
        _close_channel(_channel(element, track.role, group_id, own), track, channel_ids, ids)
        if track.clip is not None:
            _add_clip(
                SubElement(lanes, "Lanes", {"track": element.attrib["id"], "id": ids.new()}), track.name, track.clip
            )


def _track(parent: Element, name: str, content: str, comment: str, ids: Ids) -> Element:
    attributes = {"contentType": content, "loaded": "true", "id": ids.new(), "name": text(name)}
    return SubElement(parent, "Track", attributes | ({"comment": text(comment)} if comment else {}))


def _channel(track: Element, role: str, destination: str | None, identifier: str) -> Element:
    attributes = {"audioChannels": "2", "role": role, "solo": "false", "id": identifier}
    return SubElement(track, "Channel", attributes | ({"destination": destination} if destination else {}))


def _close_channel(channel: Element, plan: TrackPlan, channel_ids: dict[str, str], ids: Ids) -> None:
    """Add what a channel holds: devices, mute, pan, sends, volume, in this order."""
    if plan.devices is not None:
        plan.devices(SubElement(channel, "Devices"), ids)
    boolean(channel, "Mute", plan.is_muted)
    real(channel, "Pan", pan_normalized(plan.pan), "normalized", ids)
    if plan.sends:
        sends = SubElement(channel, "Sends")
        for name, level in plan.sends:
            send = SubElement(
                sends, "Send", {"destination": channel_ids[name], "type": "post", "name": name, "id": ids.new()}
            )
            boolean(send, "Enable", True)
            real(send, "Volume", level, "linear")
    real(channel, "Volume", plan.volume, "linear", ids)


def _add_clip(lane: Element, name: str, clip: AudioClip) -> None:
    seconds = number(clip.seconds)
    clips = SubElement(lane, "Clips")
    element = SubElement(
        clips,
        "Clip",
        {"time": "0", "duration": seconds, "contentTimeUnit": "seconds", "playStart": "0", "name": text(name)},
    )
    audio = SubElement(
        element,
        "Audio",
        {"channels": str(clip.channels), "sampleRate": str(clip.sample_rate), "duration": seconds, "algorithm": "raw"},
    )
    SubElement(audio, "File", {"path": clip.path})
