"""`python -m mockube`."""

from mockube.cli import main

main()
