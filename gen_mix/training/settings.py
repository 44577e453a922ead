"""What can be chosen about a training run, with every default."""

from dataclasses import dataclass, field

from omegaconf import MISSING

DIFFUSION, REGRESSION = "diffusion", "regression"
OBJECTIVES = (DIFFUSION, REGRESSION)
SETTINGS, CODEC, ENCODEC = "settings", "codec", "encodec"
SPACES = (SETTINGS, CODEC, ENCODEC)


def _require(is_right: bool, name: str, expected: str, got: object) -> None:
    if not is_right:
        raise ValueError(f"{name}: expected {expected}, got {got}")


@dataclass(frozen=True)
class DataSettings:
    """Where sessions come from and how a batch of them is drawn.

    Attributes:
        bank: Folder or file of a prepared `TrackBank`; empty makes one of instant sessions, in `out`.
        held_out_bank: The same for validation; empty keeps some sessions of `bank` apart.
        embedder: Folder of a trained `TrackEmbedder`; empty trains one on the bank, in `out`.
        instant_sessions: How many instant sessions a bank made here has.
        embedder_from: Folder of a trained `TrackEmbedder` to train further on the bank; empty starts from nothing.
        embedder_steps: Training steps of an embedder trained here.
        held_out: Share of the sessions kept apart for validation if there is no `held_out_bank`, 0 to 0.5.
        batch: Sessions a step, over all processes.
        chunk: Sessions that share a generator and a backward pass; the unit in which processes share a batch. Divides
            `batch`. As many processes as chunks arrive at the very weights of one process if there are two.
        micro_batch: Sessions that go through the network at once; those of a chunk are sorted by their number of
            tracks first, so smaller ones hold less padding.
        workers: Processes beside each training process that draw data ahead; 0 draws when it is needed.
        fewest_tracks: Fewest tracks of a session.
        most_tracks: Most tracks of a session.
        drop_tracks: Probability that a session's embeddings are hidden.
        tell_labels: Probability that a session's true labels are told.
        name_tracks: Probability that only some of its tracks are named; with `tell_labels` at most 1.
        tell_intent: Probability that the session-wide choices of a mix are told, from which its settings then follow; 0
            makes a network that cannot be told them. The twin never is.
        timbre: How far from the timbres of the bank tracks are moved; see `gen_mix.training.timbres.Disturbance`.
        timbre_noise: The same for noise.
        space_draws: Engineers from which means and spreads of the knobs are taken.
    """

    bank: str = ""
    held_out_bank: str = ""
    embedder: str = ""
    instant_sessions: int = 96
    embedder_from: str = ""
    embedder_steps: int = 3000
    held_out: float = 0.1
    batch: int = 64
    chunk: int = 32
    micro_batch: int = 16
    workers: int = 0
    fewest_tracks: int = 3
    most_tracks: int = 24
    drop_tracks: float = 0.1
    tell_labels: float = 0.2
    name_tracks: float = 0.0
    tell_intent: float = 0.5
    timbre: float = 2.5
    timbre_noise: float = 0.4
    space_draws: int = 4096

    def __post_init__(self) -> None:
        _require(self.batch >= 1, "data.batch", "at least 1", self.batch)
        _require(self.chunk >= 1 and self.batch % self.chunk == 0, "data.chunk", "a divisor of data.batch", self.chunk)
        _require(self.micro_batch >= 1, "data.micro_batch", "at least 1", self.micro_batch)
        _require(self.workers >= 0, "data.workers", "at least 0", self.workers)
        _require(1 <= self.fewest_tracks <= self.most_tracks, "data.most_tracks", "fewest_tracks", self.most_tracks)
        _require(0 <= self.held_out <= 0.5, "data.held_out", "0 to 0.5", self.held_out)
        _require(0 <= self.drop_tracks <= 1, "data.drop_tracks", "0 to 1", self.drop_tracks)
        _require(0 <= self.tell_labels <= 1, "data.tell_labels", "0 to 1", self.tell_labels)
        rest = 1 - self.tell_labels
        _require(0 <= self.name_tracks <= rest, "data.name_tracks", f"0 to {rest:g}", self.name_tracks)
        _require(0 <= self.tell_intent <= 1, "data.tell_intent", "0 to 1", self.tell_intent)
        _require(min(self.timbre, self.timbre_noise) >= 0, "data.timbre", "at least 0", self.timbre)
        _require(self.instant_sessions >= 4, "data.instant_sessions", "at least 4", self.instant_sessions)


@dataclass(frozen=True)
class NetworkSettings:
    """The size of the denoiser.

    Attributes:
        width: Of a token inside the transformer.
        layers: Transformer blocks.
        heads: Attention heads; divides `width`.
    """

    width: int = 128
    layers: int = 6
    heads: int = 4

    def __post_init__(self) -> None:
        _require(self.layers >= 1, "network.layers", "at least 1", self.layers)
        _require(self.width % max(self.heads, 1) == 0, "network.heads", "a divisor of network.width", self.heads)


@dataclass(frozen=True)
class CodecSettings:
    """The codec of mixes, in whose latents is diffused where ``space`` is ``codec``; see `gen_mix.training.codec`.

    Attributes:
        start_from: Folder of a trained codec, such as ``RUN/codec/weights``; empty trains one first.
        steps: Length of its training.
        learning_rate: The highest one; all else as in ``optimizer``.
        batch: Sessions a step.
        chunk: Sessions of a backward pass, over which latents are held to mean 0 and variance 1; divides `batch`.
        mix: Places of the latent of the mix as a whole.
        master, reverb, delay: Places of the latents of the buses.
        track: Places of the latent of a track.
        noise: Standard deviation of what disturbs latents before they are decoded.
        width: Of a token inside the networks.
        layers: Transformer blocks of the encoder, and as many of the decoder.
        heads: Attention heads; divides `width`.
    """

    start_from: str = ""
    steps: int = 6000
    learning_rate: float = 2e-3
    batch: int = 64
    chunk: int = 64
    mix: int = 8
    master: int = 12
    reverb: int = 5
    delay: int = 4
    track: int = 16
    noise: float = 0.08
    width: int = 96
    layers: int = 2
    heads: int = 4

    def __post_init__(self) -> None:
        _require(self.steps >= 1, "codec.steps", "at least 1", self.steps)
        _require(self.learning_rate > 0, "codec.learning_rate", "more than 0", self.learning_rate)
        _require(self.chunk >= 1 and self.batch % self.chunk == 0, "codec.chunk", "a divisor of its batch", self.chunk)
        sizes = (self.mix, self.master, self.reverb, self.delay, self.track)
        _require(min(sizes) >= 1, "codec", "places of at least 1", sizes)
        _require(self.noise >= 0, "codec.noise", "at least 0", self.noise)
        _require(self.layers >= 1, "codec.layers", "at least 1", self.layers)
        _require(self.width % max(self.heads, 1) == 0, "codec.heads", "a divisor of codec.width", self.heads)


@dataclass(frozen=True)
class WaveSettings:
    """What EnCodec frames are made from, where ``space`` is ``encodec``; see `gen_mix.training.waves`.

    Attributes:
        weights: File with the weights of EnCodec's 48 kHz model; empty takes random ones of the run's seed.
        sessions: Folder of labelled session folders; empty takes ``data.instant_sessions`` instant ones.
    """

    weights: str = ""
    sessions: str = ""


@dataclass(frozen=True)
class LossSettings:
    """What a step minimizes; see `gen_mix.training.loss`.

    Attributes:
        log_sigma_mean: Mean of ln σ over training.
        log_sigma_sd: Standard deviation of ln σ.
        intent_weight: Weight of the places of the intent token.
        bus_weight: Weight of the places of the master, reverb and delay tokens.
        pan_weight: Weight of the tracks' pan, where settings are diffused: latents have no place for it.
    """

    log_sigma_mean: float = -0.6
    log_sigma_sd: float = 1.2
    intent_weight: float = 4.0
    bus_weight: float = 4.0
    pan_weight: float = 2.0

    def __post_init__(self) -> None:
        _require(self.log_sigma_sd >= 0, "loss.log_sigma_sd", "at least 0", self.log_sigma_sd)


@dataclass(frozen=True)
class OptimizerSettings:
    """AdamW with a warm-up and a cosine that ends at zero.

    Attributes:
        steps: Length of the training.
        learning_rate: The highest one.
        warmup_steps: Steps of linear rise.
        beta_1: Decay of the mean gradient.
        beta_2: Decay of the mean squared gradient.
        weight_decay: Of matrices; vectors have none.
        clip_norm: Largest norm of the gradient.
        average_decay: Of the running average of the weights, which is the model that is kept.
        most_skips: Steps in a row whose loss may not be finite before the training stops.
    """

    steps: int = 15000
    learning_rate: float = 2e-3
    warmup_steps: int = 300
    beta_1: float = 0.9
    beta_2: float = 0.99
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    average_decay: float = 0.999
    most_skips: int = 10

    def __post_init__(self) -> None:
        _require(self.steps >= 1, "optimizer.steps", "at least 1", self.steps)
        _require(self.learning_rate > 0, "optimizer.learning_rate", "more than 0", self.learning_rate)
        _require(0 <= self.average_decay < 1, "optimizer.average_decay", "0 to below 1", self.average_decay)
        _require(self.most_skips >= 1, "optimizer.most_skips", "at least 1", self.most_skips)


@dataclass(frozen=True)
class WatchSettings:
    """How a run is watched and saved; none of it changes the weights.

    Attributes:
        progress_steps: Steps between progress lines.
        checkpoint_steps: Steps between checkpoints.
        keep_checkpoints: How many are kept.
        validation_steps: Steps between validations; there is one at the end in any case.
        validation_sessions: Held-out sessions a validation takes.
        validation_mixes: Mixes sampled for each of them.
        figure_steps: Steps between pictures of sampled settings; 0 makes none.
    """

    progress_steps: int = 50
    checkpoint_steps: int = 500
    keep_checkpoints: int = 2
    validation_steps: int = 1000
    validation_sessions: int = 16
    validation_mixes: int = 32
    figure_steps: int = 2000

    def __post_init__(self) -> None:
        for name in ("progress_steps", "checkpoint_steps", "keep_checkpoints", "validation_steps"):
            _require(getattr(self, name) >= 1, f"watch.{name}", "at least 1", getattr(self, name))
        _require(self.validation_sessions >= 1, "watch.validation_sessions", "at least 1", self.validation_sessions)
        _require(self.validation_mixes >= 2, "watch.validation_mixes", "at least 2", self.validation_mixes)


@dataclass(frozen=True)
class TrainingSettings:
    """Everything that can be chosen about a training run.

    Attributes:
        out: Folder of the runs; each objective has its own folder inside.
        objective: ``diffusion``, or ``regression`` for the supervised twin.
        space: What is diffused: ``settings`` of the console, or latents of a ``codec``, which is trained first, or
            ``encodec`` frames of the mix's sound.
        start_from: Folder of a model to train further, with its space, and its embedder unless `data` says another;
            empty to start from nothing. ``network`` is not looked at then.
        seed: Of the first weights and of every draw.
        precision: ``no`` for float32, or ``bf16`` where the device has it.
        data, network, codec, waves, loss, optimizer, watch: See the sections.
    """

    out: str = MISSING
    objective: str = DIFFUSION
    space: str = SETTINGS
    start_from: str = ""
    seed: int = 0
    precision: str = "no"
    data: DataSettings = field(default_factory=DataSettings)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    codec: CodecSettings = field(default_factory=CodecSettings)
    waves: WaveSettings = field(default_factory=WaveSettings)
    loss: LossSettings = field(default_factory=LossSettings)
    optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
    watch: WatchSettings = field(default_factory=WatchSettings)

    def __post_init__(self) -> None:
        _require(self.objective in OBJECTIVES, "objective", " or ".join(OBJECTIVES), self.objective)
        _require(self.space in SPACES, "space", ", ".join(SPACES), self.space)
        _require(self.precision in ("no", "bf16"), "precision", "no or bf16", self.precision)
        _require(self.seed >= 0, "seed", "at least 0", self.seed)
