"""What the codec of mixes learns from: how far settings are apart in what one hears of them, without rendering."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from gen_mix.console.layout import BUS_TOKENS, LAYOUT, MASTER, TRACK
from gen_mix.mix import MixParameters
from gen_mix.model.codec_network import CodecNetwork, Reconstruction, gates_of
from gen_mix.model.latent import latent_mask
from gen_mix.steering.strips import Knobs, reductions_db, response_db, sent_db
from gen_mix.training.batches import Batch

THIRDS_HZ = tuple(1000.0 * 2.0 ** (third / 3) for third in range(-15, 14))
"""Where responses are compared: 31 Hz to 20 kHz."""

LEVELS_DB = (-42.0, -36.0, -30.0, -24.0, -18.0, -12.0, -6.0)
"""Of what comes into a compressor: staged tracks have their peaks there."""

UNITS = {
    "response_db": 1.5,
    "gain_reduction_db": 1.5,
    "fader_db": 0.75,
    "pan": 0.06,
    "width": 0.15,
    "reverb_db": 2.5,
    "delay_db": 2.5,
    "times_octaves": 0.7,
    "bus": 0.03,
}
"""What of each counts as 1: about what one just notices; of reverb and delay, a share of a knob's range."""

_SWITCHES, _KNOBS, _INTENT, _MOMENTS = 0.15, 0.3, 0.15, 1.0
_TRACK_TERMS = {
    "response_db": 3.0,
    "gain_reduction_db": 1.5,
    "fader_db": 1.0,
    "pan": 1.0,
    "width": 0.5,
    "reverb_db": 1.0,
    "delay_db": 0.7,
    "times_octaves": 0.3,
}
_LOWEST_FADER_DB = -45.0
_PROBE = 0.123456  # a place that is no knob's default


@dataclass(frozen=True)
class Heard:
    """What one hears of some strips, by name as in `UNITS`: (batch, tokens, numbers) each."""

    of: dict[str, Tensor]


def heard_of(kind: str, places: Tensor) -> Heard:
    """Return what one hears of tokens of `kind`, master or track, at `places` (batch, tokens, knobs).

    Switches may be probabilities. Times of a compressor are in octaves, and count as far as it is on.
    """
    knobs = Knobs.at(kind, places.clamp(0, 1))
    levels = places.new_tensor(LEVELS_DB).expand(*places.shape[:2], -1)
    times = knobs.many(["compressor.attack_ms", "compressor.release_ms"]).log2()
    of = {
        "response_db": response_db(knobs, THIRDS_HZ),
        "gain_reduction_db": reductions_db(knobs, levels),
        "times_octaves": times * knobs.get("compressor.on")[..., None],
    }
    if kind == TRACK:
        silent = places.new_zeros(())
        of |= {
            "fader_db": knobs.get("fader_db").clamp_min(_LOWEST_FADER_DB)[..., None],
            "pan": knobs.get("pan")[..., None],
            "width": knobs.get("width")[..., None],
            "reverb_db": sent_db(knobs, "reverb_send", silent)[..., None],
            "delay_db": sent_db(knobs, "delay_send", silent)[..., None],
        }
    return Heard(of)


def codec_error(model: nn.Module, batch: Batch, weights: Tensor) -> Tensor:
    """Return the error of a codec on engineers' mixes, a scalar; its scale is that of a batch's places.

    Latents are disturbed before they are decoded, so that what is near decodes to what is near, and held to mean 0 and
    variance 1 over the batch. `weights` are not looked at.

    Args:
        model: A `CodecStep`.
        batch: Whose ``clean`` is the intent and canonical knobs as they stand (batch, 1 + tokens, width), from
            `gen_mix.training.codec.plain`.
        weights: Of places.
    """
    error: Tensor = model(batch)
    return error * (batch.mask.sum() / batch.mask.any(-1).sum())


class CodecStep(nn.Module):
    """A codec's network with its error as its answer, so that one backward pass sees all of it.

    Attributes:
        network: Is trained.
        noise: Standard deviation of what disturbs standardized latents.
    """

    def __init__(self, network: CodecNetwork, noise: float) -> None:
        super().__init__()
        self.network = network
        self.noise = noise

    def forward(self, batch: Batch) -> Tensor:
        """Return the error on `batch`, a scalar: a sum over tokens."""
        is_track = batch.condition.is_track
        wanted = MixParameters(batch.clean[:, 1:, : LAYOUT.width], batch.mask[:, 1:, : LAYOUT.width])
        latents = self.network.encode(wanted)
        disturbed = latents + self.noise * batch.noise[..., : latents.shape[-1]]
        told = self.network.decode(disturbed, is_track)
        intents = told.intent.shape[-1]
        intent = functional.smooth_l1_loss(told.intent, batch.clean[:, 0, :intents], reduction="sum")
        moments = _moment_error(latents, latent_mask(is_track, self.network.config.sizes))
        settings = settings_error(told, wanted)
        return settings + _INTENT * intent + _MOMENTS * moments * is_track.sum()


def settings_error(told: Reconstruction, wanted: MixParameters) -> Tensor:
    """Return how far what a latent says is from the settings that are wanted (canonical), summed over tokens."""
    is_gate = gates_of(told.places)
    places = torch.where(is_gate, told.places.sigmoid(), told.places)
    total = told.places.new_zeros(())
    for kind in (MASTER, TRACK):
        rows, count = LAYOUT.tokens(kind), len(LAYOUT.specs(kind))
        total = total + _heard_error(kind, places[:, rows, :count], wanted.normalized[:, rows, :count], wanted)
    buses = slice(1, len(BUS_TOKENS))
    apart = (places[:, buses] - wanted.normalized[:, buses]) / UNITS["bus"]
    return total + _huber(apart).masked_fill(~wanted.mask[:, buses], 0).sum() + _knob_error(told, wanted, is_gate)


def _heard_error(kind: str, told: Tensor, wanted: Tensor, parameters: MixParameters) -> Tensor:
    heard, goal = heard_of(kind, told), heard_of(kind, wanted)
    mask = parameters.mask[:, LAYOUT.tokens(kind)]
    total = told.new_zeros(())
    for name, weight in _TRACK_TERMS.items():
        if name in heard.of:
            error = _huber((heard.of[name] - goal.of[name]) / UNITS[name]).mean(-1)
            place = LAYOUT.index(TRACK, "width") if name == "width" else 0
            total = total + weight * error.masked_fill(~mask[..., place], 0).sum()
    return total


def _knob_error(told: Reconstruction, wanted: MixParameters, is_gate: Tensor) -> Tensor:
    """Return how far switches and the knobs of what is switched on are from where they should be."""
    switches = functional.binary_cross_entropy_with_logits(told.places, wanted.normalized, reduction="none")
    knobs = _huber((told.places - wanted.normalized) / 0.2)
    error = torch.where(is_gate, _SWITCHES * switches, _KNOBS * knobs)
    return error.masked_fill(~(wanted.mask & (is_gate | _in_use(wanted, is_gate))), 0).sum()


def _in_use(wanted: MixParameters, is_gate: Tensor) -> Tensor:
    """Return which knobs mean something, for their processor is on: those that the canonical form leaves alone."""
    probe = torch.where(is_gate, wanted.normalized, _PROBE)
    return LAYOUT.canonical(MixParameters(probe, wanted.mask)).normalized == _PROBE


def _huber(apart: Tensor) -> Tensor:
    return functional.smooth_l1_loss(apart, torch.zeros_like(apart), reduction="none", beta=0.5)


def _moment_error(latents: Tensor, mask: Tensor) -> Tensor:
    """Return how far the places of each kind of token are from mean 0 and variance 1 over a batch, mean over places."""
    others = 1 + len(BUS_TOKENS)
    errors = []
    for rows in (*(slice(place, place + 1) for place in range(others)), slice(others, None)):
        values, used = latents[:, rows].flatten(0, 1), mask[:, rows].flatten(0, 1)
        count = used.sum(0).clamp_min(1)
        mean = values.sum(0) / count
        variance = (values - mean).masked_fill(~used, 0).square().sum(0) / count
        error = mean.square() + (variance.clamp_min(1e-6).log()).square() / 4
        errors.append(error.masked_fill(~used.any(0), 0).sum() / used.any(0).sum().clamp_min(1))
    return torch.stack(errors).mean()
