"""From a session to mixes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from gen_mix.embeddings.embedder import TrackEmbedder
from gen_mix.embeddings.session import embed_session
from gen_mix.errors import InputError
from gen_mix.evaluation.heard import take_excerpts
from gen_mix.mix import Mix, MixCondition, MixParameters
from gen_mix.model.codec import CodecSpace, MixCodec
from gen_mix.model.denoiser import Denoiser
from gen_mix.model.folder import DEFAULT_NAME, ModelFolder, check_fit, read_model, write_model
from gen_mix.model.sampling import Sampling, answer_once, intent_first, plain_walk, sample_settings, seeds_of
from gen_mix.model.space import Decoded, ModelSpace, Space
from gen_mix.rendering import render_mix
from gen_mix.sessions.session import Session
from gen_mix.sessions.written import as_written
from gen_mix.steering.choosing import Selection, choose_varied
from gen_mix.steering.steering import Steering, steer
from gen_mix.steering.travel import Way, straight, through_latents, through_noise
from gen_mix.threads import one_thread
from gen_mix.wishes import Example, Wishes
from samplers import OnStep

StepEnd = Callable[["MixPipeline", int, float, dict[str, Tensor]], Mapping[str, Tensor] | None]
"""Called after each sampling step with the pipeline, the step from 0, the noise level reached and ``{"x": x}``, where x
is (1, 1 + tokens, width) in the model's space; a returned ``"x"`` takes its place."""


@dataclass(frozen=True)
class Choice:
    """The settings of one mix, before anything sounds.

    Attributes:
        parameters: Batch 1, canonical, and rounded as the mix's file has them: what is rendered is what is written.
        intent: Session-wide choices by name.
        met: What was wished for and how far it was met, as it goes into ``mix_XX.json``.
        latent: Where a codec's latents are diffused, those of the mix, as they go into ``mix_XX.json``.
    """

    parameters: MixParameters
    intent: Mapping[str, float]
    met: Mapping[str, object] = field(default_factory=dict)
    latent: Mapping[str, object] = field(default_factory=dict)


class MixPipeline:
    """Samples mixes of a session.

    Follows the habits of diffusers: `from_pretrained`, `save_pretrained`, `to`, a progress bar, one seed per mix.
    Mixes are sampled one at a time, so a seed's mix has the same samples alone and among others.

    Attributes:
        denoiser: The diffusion model.
        embedder: What it hears tracks with.
        space: Between its values and knobs.
        twin: The network trained to give one answer, or None.
        name: Of the model, as mixes name it.
    """

    def __init__(
        self,
        denoiser: Denoiser,
        embedder: TrackEmbedder,
        space: Space,
        twin: Denoiser | None = None,
        name: str = DEFAULT_NAME,
    ) -> None:
        """Put the parts together.

        Raises:
            InputError: They do not fit each other.
        """
        check_fit(ModelFolder(name, denoiser, embedder, space, twin))
        self.denoiser, self.embedder, self.space, self.twin, self.name = denoiser, embedder, space, twin, name
        self._progress_is_hidden: bool | None = None

    @classmethod
    def from_pretrained(cls, folder: str | Path | None = None) -> "MixPipeline":
        """Return the pipeline saved in `folder`; the packaged one by default. Nothing is unpickled.

        Raises:
            InputError: There is none, it is broken, or it was made for another console.
        """
        model = read_model(Path(str(files("gen_mix"))) / "weights" / "default" if folder is None else Path(folder))
        return cls(model.denoiser, model.embedder, model.space, model.twin, model.name)

    def save_pretrained(self, folder: str | Path) -> None:
        """Write everything into `folder`: weights as safetensors with JSON beside them."""
        write_model(Path(folder), ModelFolder(self.name, self.denoiser, self.embedder, self.space, self.twin))

    def to(self, device: torch.device | str) -> "MixPipeline":
        """Move the networks to `device` and return the pipeline; sessions are rendered on the CPU."""
        for network in (self.denoiser, self.embedder, self.twin):
            if network is not None:
                network.to(device)
        return self

    @cached_property
    def codec(self) -> MixCodec:
        """What says mixes in latents: the model's own, or the packaged one for a model that diffuses settings."""
        return self.space.codec if isinstance(self.space, CodecSpace) else MixCodec.from_pretrained()

    @property
    def device(self) -> torch.device:
        """Where the networks are."""
        return next(self.denoiser.parameters()).device

    def set_progress_bar_config(self, disable: bool | None = None) -> None:
        """Hide the progress bar if `disable` is true, show it if false; by default a terminal sees it."""
        self._progress_is_hidden = disable

    def __call__(
        self,
        session: Session,
        num_mixes: int | None = None,
        generator: torch.Generator | Sequence[torch.Generator] | None = None,
        seeds: Sequence[int] | None = None,
        num_inference_steps: int = Sampling.steps,
        guidance_scale: float = Sampling.guidance_scale,
        sampler: str = Sampling.sampler,
        callback_on_step_end: StepEnd | None = None,
        target_lufs: float = -16.0,
        wishes: Wishes | None = None,
    ) -> list[Mix]:
        """Return finished mixes of `session`.

        Args:
            session: What to mix; labels are not looked at.
            num_mixes: How many; by default as many as seeds or generators, else 8.
            generator: Where seeds are drawn from: one for all mixes, or one per mix.
            seeds: Seed of each mix; by default 0, 1, 2 ...
            num_inference_steps: Sampling steps.
            guidance_scale: See `Sampling`.
            sampler: See `Sampling`.
            callback_on_step_end: See `StepEnd`.
            target_lufs: Loudness of the finished mixes.
            wishes: What is asked for beside; by default nothing.

        Raises:
            InputError: An option is out of range, or the numbers of mixes disagree.
        """
        how = Sampling(num_inference_steps, guidance_scale, sampler)
        chosen = seeds_of(num_mixes, generator, seeds)
        condition = self.embed(session)
        asked = {"steps": how.steps, "sampler": sampler, "guidance": guidance_scale, "loudness_lufs": target_lufs}
        steering = None if wishes is None else self.steer(session, condition, wishes, how)
        mixes = []
        for seed in tqdm(chosen, desc="Mixing", unit="mix", disable=self._progress_is_hidden):
            choice = self.choose(session, condition, seed, how, callback_on_step_end, steering)
            audio = render_mix(session, choice.parameters, target_lufs).audio
            conditions = {**asked, **choice.met}
            mixes.append(
                Mix(audio, session.sample_rate, choice.parameters, seed, conditions, choice.intent, choice.latent)
            )
        return mixes

    def embed(self, session: Session, cache: Path | None = None) -> MixCondition:
        """Return what mixes of `session` are made from (batch 1); `cache` is a folder that keeps what tracks gave."""
        with one_thread():
            return embed_session(session, self.embedder, cache)

    def steer(self, session: Session, condition: MixCondition, wishes: Wishes, how: Sampling | None = None) -> Steering:
        """Return wishes for mixes of `session`, ready to be followed by `choose` and `sample`.

        Args:
            session: What is mixed.
            condition: What `embed` made of it.
            wishes: What was asked for.
            how: By default as `Sampling` says.

        Raises:
            InputError: A wish cannot be followed in this session, or the model diffuses latents, not settings.
        """
        told = condition.to(self.device)
        return steer(
            session, told, wishes, self.embedder, self.denoiser, self.settings_space("wishes"), how or Sampling()
        )

    def choose(
        self,
        session: Session,
        condition: MixCondition,
        seed: int,
        how: Sampling | None = None,
        on_step_end: StepEnd | None = None,
        steering: Steering | None = None,
    ) -> Choice:
        """Return the settings that `seed` stands for.

        Args:
            session: What is mixed.
            condition: What `embed` made of it.
            seed: Of the mix.
            how: By default as `Sampling` says.
            on_step_end: See `StepEnd`.
            steering: What `steer` made of wishes.
        """
        with one_thread():
            decoded = self.sample(condition, [seed], how, on_step_end, steering)
        numbers = dict(zip(self.space.intent, decoded.intent[0].tolist(), strict=True))
        written = as_written(session, decoded.parameters)
        files = [track.file for track in session.tracks]
        latent = {} if decoded.latent is None else decoded.latent.to_json(files)
        return Choice(written, numbers, {} if steering is None else steering.told(written), latent)

    def sample(
        self,
        condition: MixCondition,
        seeds: Sequence[int],
        how: Sampling | None = None,
        on_step_end: StepEnd | None = None,
        steering: Steering | None = None,
    ) -> Decoded:
        """Return settings as the model gives them (batch, ...), on the CPU, switches undecided.

        All are sampled at once, which is fast; to the last bit a seed's settings are those of its batch.

        Args:
            condition: Of one session, for mixes of it, or of as many as there are seeds; padding comes last.
            seeds: One per mix.
            how: By default as `Sampling` says.
            on_step_end: See `StepEnd`; x has all mixes.
            steering: What `steer` made of wishes; settings are canonical then.
        """
        told = (condition.expand(len(seeds)) if len(condition.tracks) == 1 else condition).to(self.device)
        told = told if steering is None else steering.believed.on(told)
        on_step = self._on_step(on_step_end)
        walk = intent_first(plain_walk) if steering is None else steering.route.whole_walk
        decoded = sample_settings(self.denoiser, self.space, told, seeds, how or Sampling(), on_step, walk)
        return decoded if steering is None else Decoded(steering.finish(decoded.parameters), decoded.intent)

    def choose_seeds(
        self,
        session: Session,
        condition: MixCondition,
        seeds: Sequence[int],
        count: int,
        how: Sampling | None = None,
        steering: Steering | None = None,
    ) -> Selection:
        """Return which `count` of the mixes of `seeds` are plausible and differ most, as places in `seeds`.

        Raises:
            InputError: There are fewer seeds than mixes.
        """
        sampled = self.sample(condition, seeds, how, None, steering)
        return choose_varied(take_excerpts(session), sampled.parameters, count)

    def travel(
        self, session: Session, first: Example, second: Example, weights: Sequence[float], way: Way = "noise"
    ) -> list[MixParameters]:
        """Return mixes between two, at `weights` from 0 (`first`) to 1 (`second`); see `gen_mix.steering.travel`."""
        if way == "straight":
            return [straight(first.parameters, second.parameters, weight) for weight in weights]
        if way == "latent":
            return through_latents(first.parameters, second.parameters, weights, self.codec)
        told = self.embed(session).to(self.device)
        return through_noise(
            first, second, weights, self.denoiser, self.settings_space("way"), told, Sampling(steps=2 * Sampling.steps)
        )

    def settings_space(self, asked: str) -> ModelSpace:
        """Return the space, which has to be that of the settings for what was asked.

        Raises:
            InputError: The model diffuses the latents of a codec.
        """
        if not isinstance(self.space, ModelSpace):
            raise InputError(f"{asked}: expected a model that diffuses settings, got {self.name}, which does latents")
        return self.space

    def twin_parameters(self, condition: MixCondition) -> MixParameters:
        """Return the twin's one answer for each session of `condition`, on the CPU, switches undecided.

        Raises:
            InputError: The model has no twin.
        """
        if self.twin is None:
            raise InputError(f"model {self.name}: expected one with a supervised twin (twin.safetensors), got none")
        return answer_once(self.twin, self.space, condition.to(self.device)).parameters

    def _on_step(self, on_step_end: StepEnd | None) -> OnStep | None:
        if on_step_end is None:
            return None

        def on_step(step: int, sigma: float, x: Tensor) -> Tensor:
            changed = on_step_end(self, step, sigma, {"x": x})
            return (changed or {}).get("x", x)

        return on_step
