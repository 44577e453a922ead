"""Training: data preparation, loss, loop and checkpoints."""
