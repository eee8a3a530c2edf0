"""`python -m landscape_app` is the `landscape` command."""

import sys

from landscape_app.cli import main

if __name__ == "__main__":
    sys.exit(main())
