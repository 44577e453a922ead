"""Listening tests: making them, and making sense of their results."""
