"""A local page to hear mixes, wander between them, change them and take them away."""
