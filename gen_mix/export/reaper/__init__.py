"""REAPER projects, with our processors as JSFX: writing and reading back."""
