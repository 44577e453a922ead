"""Attributes of mixes as they are measured on rendered sound: no formula of `gen_mix.steering.estimate` is used."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from gen_mix.console.fast import render_fast
from gen_mix.console.filters import response_db
from gen_mix.console.knobs import bus_knobs
from gen_mix.console.layout import DELAY, LAYOUT, MASTER, REVERB
from gen_mix.console.room_response import room_response
from gen_mix.console.stems import render_stems
from gen_mix.console.switches import COMPRESSOR, Switches
from gen_mix.evaluation.heard import HEARD, Excerpts, hear
from gen_mix.loudness import k_weighting
from gen_mix.measurements import block_power, blocks_of
from gen_mix.mix import MixParameters
from gen_mix.sessions.session import Session
from gen_mix.steering.attributes import ATTRIBUTES

_BANDS_HZ = {
    "bass": (22.0, 177.0),
    "warmth": (177.0, 707.0),
    "presence": (1414.0, 5657.0),
    "brightness": (5657.0, 22627.0),
}
_FLOOR_DB = -60.0


@dataclass(frozen=True)
class Passage:
    """A few seconds of a session that mixes are measured on.

    Attributes:
        tracks: Staged tracks (1 or 2, samples).
        sample_rate: In Hz.
        excerpts: What single tracks are measured on.
    """

    tracks: tuple[Tensor, ...]
    sample_rate: int
    excerpts: Excerpts

    @cached_property
    def weighting(self) -> Tensor:
        """K-weighting as a factor of power, per bin of a spectrum of the passage (bins,)."""
        return 10 ** (
            response_db(torch.from_numpy(k_weighting(self.sample_rate)), self.bins_hz, self.sample_rate).sum(0) / 10
        )

    @cached_property
    def bins_hz(self) -> Tensor:
        """Frequencies of a spectrum of the passage (bins,)."""
        return torch.fft.rfftfreq(self.tracks[0].shape[1], 1 / self.sample_rate).double()


def passage_of(session: Session, excerpts: Excerpts, seconds: float = 2.5) -> Passage:
    """Return the `seconds` in which most is going on: where the limited powers of staged tracks add up to most."""
    power = torch.stack([block_power(blocks_of(track.staged, session.sample_rate)) for track in session.tracks])
    count = min(round(seconds * 100), power.shape[1])
    busy = power.double().clamp(max=1e-4).sum(0).unfold(0, count, 1).sum(-1)
    first = int(busy.argmax()) * (session.sample_rate // 100)
    last = first + count * (session.sample_rate // 100)
    return Passage(tuple(track.staged[:, first:last] for track in session.tracks), session.sample_rate, excerpts)


def measure_attributes(passage: Passage, mixes: MixParameters, members: Iterable[int], is_all: bool) -> Tensor:
    """Return attributes of a group of tracks in some mixes (mixes, len(ATTRIBUTES)); NaN where there is no such thing.

    * bass, warmth, presence, brightness: power of the band over the K-weighted power, in dB; of the whole mix as it
      leaves the master, of single tracks as they enter it.
    * width: power of left - right over left + right; position: right over left, of the dry sound.
    * reverb, echo: power of the return over that of the dry sound.
    * density: gain reduction of the strips' compressors, mean over tracks and time, and for the mix what the
      master's takes off.
    * punch: how far the 97th percentile of 10-ms peaks is above the 50th, of the dry sound.
    * level: K-weighted power over that of the other tracks.
    * room: log2 of the time in which the response of the reverb falls by 60 dB; air: log2 of the centre of its power.

    Args:
        passage: Of the session.
        mixes: Canonical.
        members: Places of the tracks.
        is_all: Whether that is the whole mix.
    """
    group = frozenset(members)
    rows = [_attributes(passage, mixes[place], group, is_all) for place in range(len(mixes))]
    table = torch.tensor([[row.get(name, torch.nan) for name in ATTRIBUTES] for row in rows], dtype=torch.float64)
    places = sorted(group)
    heard = hear(passage.excerpts, mixes)[..., HEARD.index("gain_reduction_db")]
    table[:, list(ATTRIBUTES).index("density")] += heard[:, places].mean(-1)
    return table


@dataclass(frozen=True)
class _Parts:
    """What some tracks send to the master, each (2, samples): the dry sound, its reverberation, its echoes."""

    dry: Tensor
    reverb: Tensor
    echo: Tensor

    @property
    def sum(self) -> Tensor:
        """All of it."""
        return self.dry + self.reverb + self.echo


def _parts(passage: Passage, mix: MixParameters, group: frozenset[int]) -> _Parts:
    stems = render_stems(passage.tracks, mix, passage.sample_rate, Switches(solo=group))
    dry = stems.strips.sum(0)
    return _Parts(dry, *(stems.returns.get(bus, torch.zeros_like(dry)) for bus in (REVERB, DELAY)))


def _mastered(passage: Passage, mix: MixParameters, audio: Tensor, only: str = "") -> Tensor:
    """Return what the master makes of `audio` (2, samples), or what its processor `only` does."""
    one = torch.ones(1, 1, dtype=torch.bool)
    neutral = LAYOUT.neutral(one, one)
    normalized = neutral.normalized.clone()
    normalized[0, 0] = mix.normalized[0, 0]
    for place, spec in enumerate(LAYOUT.specs(MASTER)):
        if spec.is_gate and not spec.name.startswith(only):
            normalized[0, 0, place] = 0
    return render_fast([audio], MixParameters(normalized, neutral.mask), passage.sample_rate)[0]


def _attributes(passage: Passage, mix: MixParameters, group: frozenset[int], is_all: bool) -> dict[str, float]:
    own = _parts(passage, mix, group)
    dry, wet = own.dry, own.sum
    heard = _mastered(passage, mix, wet) if is_all else wet
    found = {name: _over_db(*pair) for name, pair in _bands(passage, heard).items()}
    found["width"] = _over_db(_power(heard[0] - heard[1]), _power(heard[0] + heard[1]))
    found["reverb"] = _over_db(_power(own.reverb), _power(dry))
    found["echo"] = _over_db(_power(own.echo), _power(dry))
    found["punch"] = _punch_db(dry, passage.sample_rate)
    found["density"] = 0.0
    if is_all:
        found["density"] = _over_db(_power(wet), _power(_mastered(passage, mix, wet, COMPRESSOR)))
        found |= _reverberation(mix, passage.sample_rate)
    else:
        rest = _parts(passage, mix, frozenset(range(len(passage.tracks))) - group).sum
        found["position"] = _over_db(_power(dry[1]), _power(dry[0]))
        found["level"] = _over_db(_loudness(passage, wet), _loudness(passage, rest))
    return found


def _bands(passage: Passage, audio: Tensor) -> dict[str, tuple[float, float]]:
    spectrum = torch.fft.rfft(audio.double()).abs().square().sum(0)
    weighted = float((spectrum * passage.weighting).sum())
    hz = passage.bins_hz
    return {
        name: (float(spectrum[(hz >= low) & (hz < high)].sum()), weighted) for name, (low, high) in _BANDS_HZ.items()
    }


def _loudness(passage: Passage, audio: Tensor) -> float:
    return float((torch.fft.rfft(audio.double()).abs().square().sum(0) * passage.weighting).sum())


def _power(audio: Tensor) -> float:
    return float(audio.double().square().sum())


def _over_db(power: float, reference: float) -> float:
    ratio = power / max(reference, 1e-12)
    return max(_FLOOR_DB, 10 * float(torch.tensor(max(ratio, 1e-12)).log10()))


def _punch_db(audio: Tensor, sample_rate: int) -> float:
    peaks = blocks_of(audio, sample_rate).abs().amax((0, 2)).sort().values
    high, body = (peaks[round(share * (len(peaks) - 1))].clamp_min(1e-6) for share in (0.97, 0.5))
    return 20 * float((high / body).log10())


def _reverberation(mix: MixParameters, sample_rate: int) -> dict[str, float]:
    """Return what the response of the reverb is: its length and the centre of its power, as log2."""
    room = torch.from_numpy(room_response(bus_knobs(mix, REVERB), sample_rate))
    power = room.abs().square().double()
    left = power.flip(0).cumsum(0).flip(0)
    falls = 10 * (left / left[0]).clamp_min(1e-12).log10()
    early, late = (int((falls > level).sum()) for level in (-5.0, -35.0))
    spectrum = torch.fft.fft(room).abs().square().double()
    hz = torch.fft.fftfreq(len(room), 1 / sample_rate).double().abs().clamp_min(20)
    centre = float((spectrum * hz.log2()).sum() / spectrum.sum())
    return {"room": float(torch.tensor(2.0 * (late - early) / sample_rate).log2()), "air": centre}


def members_of(weights: Tensor) -> list[int]:
    """Return the places of the tracks that belong to a group more than not."""
    return [place for place, weight in enumerate(weights.tolist()) if weight >= 0.5]
