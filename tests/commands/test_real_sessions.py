"""Real recordings, mixed by the shipped model: every folder of ../shared/data/real, skipped where there is none."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from gen_mix.cli import main
from gen_mix.loudness import loudness_lufs
from gen_mix.true_peak import true_peak_dbtp


@pytest.mark.slow
def test_every_real_session_is_mixed_eight_times(real_sessions: list[Path], tmp_path: Path) -> None:
    for folder in real_sessions:
        out = tmp_path / folder.name
        assert main(["sample", str(folder), "--out", str(out), "--mixes", "8", "--seed", "0"]) == 0
        mixes = [soundfile.read(path, dtype="float32")[0] for path in sorted(out.glob("*.wav"))]
        rate = soundfile.info(next(out.glob("*.wav"))).samplerate
        assert len(mixes) == 8
        for mix in mixes:
            audio = torch.from_numpy(mix.T.copy())
            assert np.isfinite(mix).all()
            assert true_peak_dbtp(audio, rate) <= -1.0
            assert abs(loudness_lufs(audio, rate) + 16) <= 0.5
        pairs = [np.abs(one - other).max() for place, one in enumerate(mixes) for other in mixes[:place]]
        assert min(pairs) > 0.01
