"""The version of gen_mix."""

VERSION = "0.1.0"
