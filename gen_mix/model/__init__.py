"""The diffusion model: the space that is diffused and the transformer that denoises."""
