"""Whether the variety of the mixes is the right variety: heard features, distances between sets of mixes, reports."""
