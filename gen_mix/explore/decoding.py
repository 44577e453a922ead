"""Decodes one audio file of unknown origin, alone in a process of its own that may use little.

Run as a script with the file to read, the file to write and two limits. It writes raw float32 samples, frame by frame,
and one line of JSON on the standard output. It imports nothing of gen_mix: what starts quickly and can do little is the
point. Decoders of audio are old C code; whatever goes wrong in one of them ends here.
"""

import json
import re
import sys
from pathlib import Path

import soundfile

_FRAMES_AT_ONCE = 1 << 18
_UNKNOWN_LENGTH = 0xFFFFFF00
_RATES_HZ = (4000, 768000)


def decode(source: Path, target: Path, most_seconds: float, most_bytes: int) -> dict[str, int]:
    """Write the samples of `source` to `target`; return its ``sample_rate``, ``channels`` and ``samples``.

    Args:
        source: Any file.
        target: Raw float32, (samples, channels).
        most_seconds: Longest track.
        most_bytes: Largest `target`.

    Raises:
        ValueError: The file is longer or larger than it may be, or shorter than it claims.
    """
    with soundfile.SoundFile(source) as file:
        rate, channels, claimed = file.samplerate, file.channels, file.frames
        if not _RATES_HZ[0] <= rate <= _RATES_HZ[1]:
            raise ValueError(f"expected a sample rate from {_RATES_HZ[0]} to {_RATES_HZ[1]} Hz, got {rate}")
        if channels not in (1, 2):
            raise ValueError(f"expected mono or stereo, got {channels} channels")
        most_samples = min(int(most_seconds * rate), most_bytes // (4 * channels))
        if claimed > most_samples:
            raise ValueError(
                f"expected at most {most_samples / rate:.0f} s, got a header that claims {claimed} samples"
            )
        cut = re.search(r"^data : (\d+) \(should be (\d+)\)", file.extra_info, re.MULTILINE)
        if cut and int(cut[2]) < int(cut[1]) < _UNKNOWN_LENGTH:
            raise ValueError(f"expected {cut[1]} bytes of audio as its header says, got {cut[2]}")
        samples = 0
        with target.open("wb") as raw:
            for block in file.blocks(_FRAMES_AT_ONCE, dtype="float32", always_2d=True, fill_value=None):
                samples += len(block)
                if samples > most_samples:
                    raise ValueError(f"expected at most {most_samples / rate:.0f} s, got more")
                raw.write(block.tobytes())
    if samples == 0:
        raise ValueError("expected audio, got an empty file")
    if samples < claimed:
        raise ValueError(f"expected {claimed} samples as its header says, got {samples}")
    return {"sample_rate": rate, "channels": channels, "samples": samples}


def main(arguments: list[str]) -> int:
    """Decode as the command line says; return 0, or 3 after printing a reason as JSON."""
    source, target, most_seconds, most_bytes = arguments
    try:
        answer: dict[str, object] = dict(decode(Path(source), Path(target), float(most_seconds), int(most_bytes)))
    except soundfile.LibsndfileError as error:
        answer = {"error": f"expected a readable audio file, got {str(error.error_string).strip().rstrip('.')}"}
    except (soundfile.SoundFileError, ValueError) as error:
        answer = {"error": " ".join(str(error).split())}
    print(json.dumps(answer))
    return 3 if "error" in answer else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
