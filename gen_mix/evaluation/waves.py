"""How near a mix generated as EnCodec frames comes to the console's, beside what is to be had at all."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gen_mix.audio import resample, write_audio
from gen_mix.console.layout import LAYOUT
from gen_mix.embeddings.encodec import SAMPLE_RATE_HZ
from gen_mix.embeddings.waves import WaveCodec
from gen_mix.evaluation.production import spectral_distance
from gen_mix.limiter import finish
from gen_mix.mix import MixParameters
from gen_mix.model.sampling import Sampling
from gen_mix.model.waves import WaveDenoiser, generate_mix
from gen_mix.rendering import render_mix
from gen_mix.sessions.engineers import draw_engineers
from gen_mix.sessions.facts import facts_of_session
from gen_mix.sessions.session import Session


def compare_waves(
    session: Session, network: WaveDenoiser, codec: WaveCodec, seed: int, how: Sampling, sound: Path | None = None
) -> dict[str, Any]:
    """Return distances to an engineer's mix of a session, rendered by the console, ready for JSON.

    Multi-resolution STFT of sums and differences (auraloss), all mixes at -16 LUFS: of the generated mix; of the
    engineer's own mix after EnCodec's encoder and decoder, which no generated mix can be expected to pass; of another
    engineer's mix; of all tracks equally loud; of noise.

    Args:
        session: Labelled.
        network: The model.
        codec: The one whose frames it denoises.
        seed: Of the mix and the engineers.
        how: Sampling steps and sampler.
        sound: File for the generated mix.

    Raises:
        InputError: A track has no label, or the codec is another one.
    """
    generator = torch.Generator().manual_seed(seed)
    facts = facts_of_session(session)
    engineers = LAYOUT.canonical(draw_engineers(facts.expand(2), generator).parameters)
    neutral = LAYOUT.neutral(facts.is_track, facts.is_stereo)
    wanted, other, equal = (_rendered(session, one) for one in (engineers[0], engineers[1], neutral))
    generated = generate_mix(network, codec, session, seed, how)
    if sound is not None:
        write_audio(sound, generated, SAMPLE_RATE_HZ)
    coded = codec.decode(codec.encode(wanted, SAMPLE_RATE_HZ))[:, : wanted.shape[1]]
    noise = 0.1 * torch.randn(wanted.shape, generator=generator)
    others = {
        "generated": generated,
        "engineer_through_encodec": finish(coded, SAMPLE_RATE_HZ).audio,
        "another_engineer": other,
        "equal_loudness": equal,
        "noise": finish(noise, SAMPLE_RATE_HZ).audio,
    }
    return {
        "session": session.name,
        "seed": seed,
        "steps": how.steps,
        "mr_stft": {name: round(_distance(audio, wanted), 3) for name, audio in others.items()},
    }


def _rendered(session: Session, parameters: MixParameters) -> Tensor:
    audio = render_mix(session, parameters).audio
    return resample(audio, session.sample_rate, SAMPLE_RATE_HZ)


def _distance(audio: Tensor, wanted: Tensor) -> float:
    samples = min(audio.shape[1], wanted.shape[1])
    return spectral_distance(audio[:, :samples], wanted[:, :samples])
