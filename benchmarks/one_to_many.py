"""Is the variety the right variety? The shipped model and all references against virtual engineers.

``python benchmarks/one_to_many.py`` uses a few sessions made in code and says where the model stands in a minute or
two. The test that counts has sessions with timbres nobody was trained with, and the bank that the model was trained on:

    python benchmarks/one_to_many.py --sessions DIR --bank BANK --out out/one_to_many
"""

import argparse
from pathlib import Path

from gen_mix.embeddings.bank import TrackBank, bank_of_sessions
from gen_mix.evaluation.one_to_many import evaluate_one_to_many, write_report
from gen_mix.evaluation.tables import report_tables
from gen_mix.pipeline import MixPipeline
from gen_mix.sessions.folder import read_session
from gen_mix.sessions.instant import instant_session
from gen_mix.sessions.session import Session


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=Path, help="folder of labelled sessions; by default made in code")
    parser.add_argument("--bank", type=Path, help="bank of training tracks; by default made in code")
    parser.add_argument("--model", type=Path, help="folder of a model; by default the shipped one")
    parser.add_argument("--samples", type=int, default=64, help="mixes in each set")
    parser.add_argument("--out", type=Path, help="folder for report.json, report.md and report.png")
    options = parser.parse_args()
    sessions = sessions_in(options.sessions)
    if options.bank is None:
        bank = bank_of_sessions([instant_session(1, index, seconds=1.0) for index in range(24)])
    else:
        bank = TrackBank.load(options.bank)
    pipeline = MixPipeline.from_pretrained(options.model)
    report = evaluate_one_to_many(
        sessions, pipeline, bank, options.samples, progress=lambda name: print(f"heard {name}")
    )
    print(report_tables(report))
    if options.out is not None:
        write_report(report, options.out)


def sessions_in(folder: Path | None) -> list[Session]:
    """Return the sessions of a folder, a folder each, or four made in code."""
    if folder is None:
        return [instant_session(0, index, seconds=3.0) for index in range(4)]
    return [read_session(path) for path in sorted(folder.iterdir()) if path.is_dir()]


if __name__ == "__main__":
    main()
