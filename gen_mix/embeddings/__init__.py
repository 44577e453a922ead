"""Tracks as vectors, made from audio alone."""
