"""Upstream's end-to-end specs: their steps and their assertions, played against real processes."""
