"""A smaller survey: the map of a test needs no sixty-four samples."""

import pytest

from gen_mix.explore import studio


@pytest.fixture(autouse=True, scope="package")
def small_survey() -> None:
    """Draw maps from twelve samples."""
    studio.ATLAS_SEEDS = studio.ATLAS_SEEDS[:12]
