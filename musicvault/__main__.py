"""`python -m musicvault`, and the `musicvault` command."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line with this process's arguments; gives the exit code."""
    from musicvault.cli.main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
