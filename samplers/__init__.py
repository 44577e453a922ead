"""Diffusion samplers: they know tensors, noise levels and seeds, nothing of music."""
