"""Where virtual engineers and the shipped model agree on the bundled session: docs/images/spread.svg.

Eight mixes each, seeds 0 to 7; and the one answer of the same network, trained for that.
"""

import argparse
from pathlib import Path
from typing import Any

import torch

from gen_mix import MixPipeline, read_session
from gen_mix.console.layout import LAYOUT
from gen_mix.console.settings import settings_of
from gen_mix.export.spread_drawing import draw_sets
from gen_mix.mix import MixParameters
from gen_mix.sessions.engineers import draw_engineers
from gen_mix.sessions.facts import facts_of_session
from gen_mix.sessions.session import Session

FOLDER = Path(__file__).parents[1]
MIXES = 8


def documents(session: Session, mixes: MixParameters) -> list[dict[str, Any]]:
    """Return the settings of some mixes as their files would have them, tracks in the order of their files."""
    tracks, found = session.tracks, []
    for place in range(len(mixes)):
        one = LAYOUT.canonical(MixParameters(mixes.normalized[place : place + 1], mixes.mask[place : place + 1]))
        told = settings_of(
            one,
            [track.name for track in tracks],
            [track.file for track in tracks],
            [track.staging_gain_db for track in tracks],
        )
        by_file = sorted(told["tracks"], key=lambda track: str(track["file"]))
        found.append({**told, "tracks": by_file, "sample_rate": session.sample_rate})
    return found


def main() -> None:
    """Draw, and write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=None, help="SVG to write")
    out = parser.parse_args().out
    session = read_session(FOLDER / "examples" / "session")
    pipeline = MixPipeline.from_pretrained()
    condition = pipeline.embed(session)
    facts = facts_of_session(session).expand(MIXES)
    sets = {
        "virtual engineers": draw_engineers(facts, torch.Generator().manual_seed(0)).parameters,
        "gen_mix, from audio": pipeline.sample(condition, list(range(MIXES))).parameters,
        "one answer, same network": pipeline.twin_parameters(condition),
    }
    drawn = {name: documents(session, mixes) for name, mixes in sets.items()}
    for name, mixes in drawn.items():
        pans = torch.tensor([[track["pan"] for track in mix["tracks"]] for mix in mixes])
        print(f"{name:28s} pan spreads by {float((pans.amax(0) - pans.amin(0)).mean()):.2f} a track")
    if out is not None:
        out.write_text(draw_sets(drawn), encoding="utf-8")


if __name__ == "__main__":
    main()
