"""Mixes in the formats of other programs."""
