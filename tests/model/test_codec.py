"""Facts about the codec of mixes; its weights here are random."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gen_mix.console.layout import BUS_TOKENS, LAYOUT, TRACK
from gen_mix.errors import InputError
from gen_mix.mix import MixCondition, MixParameters
from gen_mix.model.codec import CodecSpace, Frame, MixCodec, numbered
from gen_mix.model.codec_network import CodecConfig, CodecNetwork
from gen_mix.model.denoiser import Denoiser, DenoiserConfig
from gen_mix.model.folder import read_space, write_space
from gen_mix.model.latent import MixLatent
from gen_mix.sessions.engineers import INTENT

SIZES = (4, 5, 3, 2, 6)


def made(seed: int = 0, frame: Frame | None = None) -> MixCodec:
    generator = torch.Generator().manual_seed(seed)
    network = CodecNetwork(CodecConfig(SIZES, len(INTENT), width=16, layers=2, heads=2))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(0.4 * torch.randn(parameter.shape, generator=generator))
    return MixCodec(network, frame)


def mixes(batch: int, tracks: int, seed: int = 1) -> MixParameters:
    generator = torch.Generator().manual_seed(seed)
    is_stereo = torch.rand(batch, tracks, generator=generator) < 0.5
    mask = LAYOUT.mask(torch.ones(batch, tracks, dtype=torch.bool), is_stereo)
    normalized = torch.rand(mask.shape, generator=generator)
    return LAYOUT.canonical(MixParameters(normalized.masked_fill(~mask, 0), mask))


def turned_frame() -> Frame:
    generator = torch.Generator().manual_seed(5)
    mean, spread = torch.randn(5, max(SIZES), generator=generator), 0.5 + torch.rand(5, max(SIZES), generator=generator)
    turn = torch.linalg.qr(torch.randn(SIZES[0], SIZES[0], generator=generator)).Q * 1.5
    return Frame(mean, spread, turn, numbered(SIZES[0], ("brightness",)))


CODEC = made(frame=turned_frame())


def test_permuted_tracks_have_permuted_latents_and_decode_permuted() -> None:
    whole, order = mixes(2, 5), [3, 0, 4, 1, 2]
    tokens = [*range(len(BUS_TOKENS)), *(len(BUS_TOKENS) + place for place in order)]
    moved = MixParameters(whole.normalized[:, tokens], whole.mask[:, tokens])
    latents, others = CODEC.encode(whole).values, CODEC.encode(moved).values
    assert torch.allclose(others[:, :4], latents[:, :4], atol=1e-5)
    assert torch.allclose(others[:, 4:], latents[:, [4 + place for place in order]], atol=1e-5)
    assert torch.allclose(
        CODEC.decode(CODEC.encode(moved)).normalized, CODEC.decode(CODEC.encode(whole)).normalized[:, tokens], atol=1e-4
    )


def test_padding_is_never_seen() -> None:
    short = mixes(2, 3)
    padded = MixParameters(
        torch.nn.functional.pad(short.normalized, (0, 0, 0, 2)), torch.nn.functional.pad(short.mask, (0, 0, 0, 2))
    )
    long, brief = CODEC.encode(padded), CODEC.encode(short)
    assert torch.allclose(long.values[:, :7], brief.values, atol=1e-5)
    assert not long.values[:, 7:].any()
    assert torch.allclose(CODEC.decode(long).normalized[:, :6], CODEC.decode(brief).normalized, atol=1e-5)


def test_a_track_latent_says_nothing_of_what_many_tracks_share() -> None:
    raw = made()
    many = raw.encode(mixes(1, 40)).values[:, 4:].mean(1)
    few = raw.encode(mixes(1, 2)).values[:, 4:].mean(1)
    assert many.abs().mean() < 0.1 * few.abs().mean()


def test_what_sounds_alike_has_one_latent() -> None:
    mix = mixes(1, 3)
    off = mix.normalized.clone()
    off[..., LAYOUT.index(TRACK, "compressor.on")] = 0
    alike = off.clone()
    alike[:, 3:, LAYOUT.index(TRACK, "compressor.ratio")] = 0.9
    first, second = (CODEC.encode(MixParameters(one, mix.mask)).values for one in (off, alike))
    assert torch.equal(first, second)


def test_standardizing_and_turning_lose_nothing() -> None:
    mix = mixes(3, 4)
    plain, framed = made(), made(frame=turned_frame())
    assert torch.allclose(
        framed.decode(framed.encode(mix)).normalized, plain.decode(plain.encode(mix)).normalized, atol=1e-3
    )


def test_decoded_settings_are_canonical_and_fit_their_tracks() -> None:
    mix = mixes(2, 4)
    decoded = CODEC.decode(CODEC.encode(mix))
    assert torch.equal(decoded.normalized, LAYOUT.canonical(decoded).normalized)
    assert torch.equal(decoded.mask, mix.mask)
    gates = [place for place, spec in enumerate(LAYOUT.specs(TRACK)) if spec.is_gate]
    assert set(decoded.normalized[:, 3:, gates].unique().tolist()) <= {0.0, 1.0}


def test_latents_add_up_and_go_half_way() -> None:
    first, second = CODEC.encode(mixes(1, 3)), CODEC.encode(mixes(1, 3, seed=2))
    assert torch.allclose((first + (second - first)).values, second.values, atol=1e-5)
    half = first + 0.5 * (second - first)
    assert torch.allclose(half.values - first.values, second.values - half.values, atol=1e-5)
    assert torch.equal((first.moved("brightness", 2.0) - first).values.nonzero(), torch.tensor([[0, 0, 0]]))


def test_what_does_not_belong_together_is_refused() -> None:
    latent = CODEC.encode(mixes(1, 3))
    with pytest.raises(ValueError, match="one session"):
        latent + CODEC.encode(mixes(1, 4))
    with pytest.raises(InputError, match="axis: expected one of brightness, axis_2"):
        latent.moved("vocal", 1.0)
    with pytest.raises(InputError, match=f"expected one of the codec {CODEC.fingerprint}"):
        CODEC.decode(made(seed=3).encode(mixes(1, 3)))


def test_latents_come_back_from_json_in_the_order_of_the_session() -> None:
    mix = mixes(1, 3)
    stereo = mix.mask[0, 3:, LAYOUT.index(TRACK, "width")].tolist()
    latent = CODEC.encode(mix)
    stored = json.loads(json.dumps(latent.to_json(["a.wav", "b.wav", "c.wav"])))
    back = MixLatent.from_json(stored, ["a.wav", "b.wav", "c.wav"], stereo)
    assert torch.allclose(back.values, latent.values, atol=1e-5)
    assert (back.sizes, back.axes, back.codec) == (latent.sizes, latent.axes, latent.codec)
    turned = MixLatent.from_json(stored, ["c.wav", "a.wav", "b.wav"], [stereo[2], *stereo[:2]])
    assert torch.allclose(turned.values[:, 4:], back.values[:, [6, 4, 5]])
    for broken in ({}, stored | {"tracks": {}}, stored | {"master": "loud"}):
        with pytest.raises(InputError, match="latent: expected that of a mix of this session"):
            MixLatent.from_json(broken, ["a.wav", "b.wav", "c.wav"], stereo)


def test_a_codec_comes_back_from_its_folder(tmp_path: Path) -> None:
    write_space(tmp_path, CodecSpace(CODEC))
    space = read_space(tmp_path)
    assert isinstance(space, CodecSpace)
    assert space.codec.fingerprint == CODEC.fingerprint
    assert torch.equal(space.codec.encode(mixes(1, 3)).values, CODEC.encode(mixes(1, 3)).values)
    made(seed=9).save_pretrained(tmp_path)
    with pytest.raises(InputError, match=r"space.json: expected the latents of the codec beside it"):
        read_space(tmp_path)
    (tmp_path / "codec.safetensors").write_bytes(b"broken")
    with pytest.raises(InputError, match=r"codec.safetensors: expected the weights of a codec"):
        read_space(tmp_path)


def test_a_denoiser_of_latents_reads_and_answers_only_their_places() -> None:
    space = CodecSpace(CODEC)
    network = Denoiser(DenoiserConfig(7, len(INTENT), width=16, layers=1, heads=2, sizes=SIZES)).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(0.2 * torch.randn(parameter.shape, generator=generator))
    is_track = torch.tensor([[True, True, True], [True, True, False]])
    heard = MixCondition.heard(torch.randn(2, 3, 7, generator=generator), is_track, is_track)
    x, sigma = torch.randn(2, 7, space.width, generator=generator), torch.tensor([0.5, 2.0])
    mask = space.mask(is_track, is_track)
    answer = network(x, sigma, heard)
    assert torch.equal(network(x.masked_fill(~mask, torch.nan), sigma, heard), answer)
    assert answer[mask].all()
    assert not answer[~mask].any()
    mono = replace(heard, is_stereo=torch.zeros_like(is_track))
    assert torch.equal(network.config.mask(mono), mask)
