"""The mixing console: its knobs, its processors and the whole signal path."""
