"""The mixing console: its knobs, one processor a file, and the whole signal path, differentiable."""
