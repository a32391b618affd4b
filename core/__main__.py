"""`python -m core` is the `trailscope` command."""

from core.cli import main

main()
