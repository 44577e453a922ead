"""The sub-commands of ``gen-mix``, one a file: each adds its parser and runs what was parsed."""
