"""A small POSIX shell and the commands that people type first, over a container's own files and environment."""
