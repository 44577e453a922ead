"""Stems: every track and return as it is heard in the mix, and the mix that they add up to."""

from pathlib import Path

from gen_mix.export.alternatives import by_file
from gen_mix.export.audio_files import AudioFormat, write_stem
from gen_mix.export.mixdown import MixDown
from gen_mix.export.names import numbered_names
from gen_mix.export.readme import Export, Part


def export_stems(folder: Path, export: Export) -> Part:
    """Write ``stems/MIX/``: every track and return as heard in the mix, and the mix."""
    for mix in export.mixes:
        inner = folder / "stems" / mix.alternative.name
        inner.mkdir(parents=True)
        write_stems(inner, mix, export.form)
    return Part(
        "Stems",
        (
            "`stems/MIX/`: every track as it is heard in the mix, `reverb return` and `delay return` where they are "
            "used, and `mix`. Put them on tracks with faders at 0 dB and pans in the centre: they add up to `mix`.",
            "Reverb and delay are in the returns, not in the tracks.",
            "A file that exceeds full scale alone is 32-bit float WAV, so that nothing is clipped.",
        ),
        (
            "Master EQ, bus compressor, loudness and limiter are in the stems; a fader you move is no longer heard by "
            "the compressor and the limiter.",
        ),
    )


def write_stems(folder: Path, mix: MixDown, form: AudioFormat) -> list[str]:
    """Write the stems of `mix`, its returns and the mix itself into `folder`, which exists; return the files' names.

    All start together and are equally long; with every fader at 0 dB and every pan in the centre they add up to
    ``mix``. Tracks are numbered in the order of their files.
    """
    session = mix.session
    order = by_file(session)
    names = numbered_names([session.tracks[place].name for place in order])
    stem_of = dict(zip(order, names, strict=True))
    rate = session.sample_rate
    written = [write_stem(folder, stem_of[place], audio, rate, form) for place, audio in enumerate(mix.stems())]
    written += [
        write_stem(folder, f"{bus} return", mix.through_master(audio), rate, form) for bus, audio in mix.returns.items()
    ]
    return [*sorted(written), write_stem(folder, "mix", mix.finished.audio, rate, form)]
