"""What tests share: a seeded generator, and real recordings where somebody put them."""

from pathlib import Path

import pytest
import torch
from hypothesis import settings

REAL_SESSIONS = Path(__file__).parents[2] / "shared" / "data" / "real"

settings.register_profile("gen_mix", deadline=None, derandomize=True, max_examples=25, database=None)
settings.load_profile("gen_mix")


@pytest.fixture
def generator() -> torch.Generator:
    """Return a generator with a fixed seed."""
    return torch.Generator().manual_seed(0)


@pytest.fixture(scope="session")
def real_sessions() -> list[Path]:
    """Return folders of real recordings beside the repository, or skip."""
    folders = sorted(path for path in REAL_SESSIONS.glob("*") if path.is_dir()) if REAL_SESSIONS.is_dir() else []
    if not folders:
        pytest.skip("no real recordings in ../shared/data/real")
    return folders
