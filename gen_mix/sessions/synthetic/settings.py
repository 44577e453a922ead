"""What synthetic sessions are made from and how they look."""

from dataclasses import dataclass
from pathlib import Path

from gen_mix.errors import InputError

DRUM_KITS = ("muldjord", "gogodze")
MIDI_SPLITS = ("train", "test", "all")


@dataclass(frozen=True)
class SyntheticSettings:
    """Sources and sizes of synthetic sessions; two settings with nothing in common give unseen timbres.

    Attributes:
        kit: Folder with MIDI and samples, gathered as `docs/data.md` says.
        soundfont: A General MIDI soundfont (.sf2).
        seconds: Length of a session, at least 2.
        sample_rate: In Hz.
        fewest_tracks: At least 1.
        most_tracks: At least `fewest_tracks`.
        drum_kits: Sampled kits to choose from, of `DRUM_KITS`; soundfont kits come beside them.
        voices: Recorded voices to choose from, file names without ending; sung synthesis comes beside them.
        midi_split: ``train`` leaves every sixth song and the test drummings out, ``test`` takes only those.
        sampled_strings: If true, the recorded bass, double bass and guitar are used beside the soundfont's.
        is_varied: If true, instruments and drum machines made in code play too, kits differ in balance and bleed, and
            some tracks come with treatments; if false, all but some voices is as it was recorded.

    Raises:
        InputError: A path is missing or a number is out of range.
    """

    kit: Path
    soundfont: Path
    seconds: float = 10.0
    sample_rate: int = 44100
    fewest_tracks: int = 4
    most_tracks: int = 16
    drum_kits: tuple[str, ...] = ("muldjord",)
    voices: tuple[str, ...] = (
        "vocadito_1",
        "vocadito_10",
        "lithium_vox-lead_296s",
        "lithium_vox-lead_180s",
        "lithium_bgvox-main_223s",
        "lithium_bgvox-1_115s",
        "sodium_vox-lead_246s",
        "sodium_vox-lead_216s",
        "sodium_bgvox-ooh_273s",
        "rubidium_vox-lead_150s",
    )
    midi_split: str = "train"
    sampled_strings: bool = True
    is_varied: bool = True

    def __post_init__(self) -> None:
        if not (self.kit / "midi" / "freedoom" / "index.csv").is_file():
            raise InputError(f"{self.kit}: expected a sample kit with midi/freedoom/index.csv, got none")
        if not self.soundfont.is_file():
            raise InputError(f"{self.soundfont}: expected a soundfont (.sf2), got no such file")
        if self.seconds < 2:
            raise InputError(f"seconds: expected at least 2, got {self.seconds}")
        if not 1 <= self.fewest_tracks <= self.most_tracks:
            raise InputError(f"fewest_tracks: expected 1 to most_tracks={self.most_tracks}, got {self.fewest_tracks}")
        if not set(self.drum_kits) <= set(DRUM_KITS):
            raise InputError(f"drum_kits: expected some of {', '.join(DRUM_KITS)}, got {', '.join(self.drum_kits)}")
        if self.midi_split not in MIDI_SPLITS:
            raise InputError(f"midi_split: expected one of {', '.join(MIDI_SPLITS)}, got {self.midi_split}")


def unseen_settings(kit: Path, soundfont: Path) -> SyntheticSettings:
    """Return settings that share no song, drumming, drum kit, voice or recorded string with the default ones.

    Args:
        kit: As in `SyntheticSettings`.
        soundfont: Another soundfont than the one that was trained with.
    """
    return SyntheticSettings(
        kit,
        soundfont,
        drum_kits=("gogodze",),
        voices=("vocadito_14", "rubidium_vox-lead_019s", "rubidium_bgvox_075s"),
        midi_split="test",
        sampled_strings=False,
        is_varied=False,
    )
