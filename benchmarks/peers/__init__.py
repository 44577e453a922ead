"""Other people's consoles, set up as close to ours as they come."""
