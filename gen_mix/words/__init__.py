"""Words: from a prompt to what it asks for."""
