"""Sample several mixes of a session: ``python sample.py SESSION --out DIR --mixes 8 --seed 0``."""

import sys

from gen_mix.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["sample", *sys.argv[1:]]))
