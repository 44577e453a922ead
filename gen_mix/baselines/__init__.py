"""Other ways to mix a session, behind the interface of the pipeline."""
