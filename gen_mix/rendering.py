"""From a song and settings to sound: finished mixes and stems, in memory or into files."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import torch
from torch import Tensor

from gen_mix.audio import audio_writer, write_blocks
from gen_mix.console.layout import BUS_TOKENS
from gen_mix.console.stems import StemStream
from gen_mix.console.stream import BLOCK, Block, ConsoleStream
from gen_mix.console.switches import Switches
from gen_mix.limiter import Finished, FinishedTake, finish, finish_take
from gen_mix.mix import MixParameters
from gen_mix.sessions.song import Song
from gen_mix.takes import FileTake, pieces


def render_mix(
    song: Song, parameters: MixParameters, target_lufs: float = -16.0, switches: Switches | None = None
) -> Finished:
    """Return the finished audio of one mix.

    Args:
        song: What is mixed.
        parameters: Batch 1, tracks in the order of the song.
        target_lufs: Gated loudness to reach.
        switches: What is heard; everything by default.

    Raises:
        ValueError: `parameters` are not those of one mix.
    """
    audio = torch.empty(2, song.samples)
    for start, block in zip(range(0, song.samples, BLOCK), mix_blocks(song, parameters, switches), strict=True):
        audio[:, start : start + BLOCK] = block
    return finish(audio, song.sample_rate, target_lufs)


def render_to_file(
    song: Song,
    parameters: MixParameters,
    path: Path,
    target_lufs: float = -16.0,
    switches: Switches | None = None,
) -> FinishedTake:
    """Write the finished audio of one mix in bounded memory: the same bytes as those of `render_mix`.

    The mix lies in a temporary file until its loudness is known. What is returned tells its loudness and true peak; its
    audio can no longer be read.

    Args:
        song: What is mixed.
        parameters: Batch 1, tracks in the order of the song.
        path: File to write, whole or not at all.
        target_lufs: Gated loudness to reach.
        switches: What is heard; everything by default.

    Raises:
        ValueError: `parameters` are not those of one mix.
        InputError: The file cannot be written.
    """
    with FileTake(mix_blocks(song, parameters, switches)) as mix:
        finished = finish_take(mix, song.sample_rate, target_lufs)
        blocks = (finished.take.read(first, last) for first, last in pieces(mix.samples))
        write_blocks(path, blocks, song.sample_rate)
    return finished


def mix_blocks(song: Song, parameters: MixParameters, switches: Switches | None = None) -> Iterator[Tensor]:
    """Yield one mix as it leaves the master bus, (2, samples) after (2, samples), `BLOCK` samples each but the last.

    Raises:
        ValueError: `parameters` are not those of one mix.
    """
    if len(parameters) != 1:
        raise ValueError(f"expected the parameters of one mix, got {len(parameters)}")
    stream = ConsoleStream(parameters, [track.is_stereo for track in song.tracks], song.sample_rate, switches)
    for mixes in stream(_track_blocks(song)):
        yield mixes[0]


def write_stems(song: Song, parameters: MixParameters, folder: Path, switches: Switches | None = None) -> list[str]:
    """Write the parts of one mix into `folder`, which exists, and return the files' names.

    Every track that is heard as it leaves its strip, and the returns of reverb and delay: 32-bit float WAV, all of the
    length of the song. Their sum, through the master, is the mix before it is brought to its loudness.

    Raises:
        ValueError: `parameters` are not those of one mix.
        InputError: A file cannot be written.
    """
    stream = StemStream(parameters, [track.is_stereo for track in song.tracks], song.sample_rate, switches)
    names = _stem_names([Path(song.tracks[place].file).stem for place in stream.places])
    names += [f"{bus} return.wav" for bus in stream.buses]
    with ExitStack() as files:
        writers = [files.enter_context(audio_writer(folder / name, song.sample_rate, 2, "FLOAT")) for name in names]
        for part in stream(_track_blocks(song)):
            for write, audio in zip(writers, (*part.strips, *part.returns.values()), strict=True):
                write(audio)
    return names


def _stem_names(stems: list[str]) -> list[str]:
    """Return a file name for each of `stems`, numbered where two are the same or would be those of a return."""
    taken = {f"{bus} return.wav" for bus in BUS_TOKENS}
    names: list[str] = []
    for stem in stems:
        name, number = f"{stem}.wav", 2
        while name.lower() in taken:
            name, number = f"{stem}-{number}.wav", number + 1
        taken.add(name.lower())
        names.append(name)
    return names


def _track_blocks(song: Song) -> Iterator[Block]:
    """Yield all tracks block by block; the next block is made while one is at work on the last."""
    blocks = zip(*(track.blocks(BLOCK) for track in song.tracks), strict=True)
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(next, blocks, None)
        while (block := coming.result()) is not None:
            coming = ahead.submit(next, blocks, None)
            yield block
