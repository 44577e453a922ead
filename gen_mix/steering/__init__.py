"""Wishes: from what was said to where sampling goes."""
