"""Benchmarks: figures for people, never assertions. `python -m benchmarks --help`."""
