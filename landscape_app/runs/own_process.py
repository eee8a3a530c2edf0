"""Parts of the program that run in a process of their own, as HDF5 can take the process that it works in with it."""

from __future__ import annotations

import sys


def command_of(module: str) -> list[str]:
    """What runs `main()` of a module with this interpreter and its paths."""
    return [
        sys.executable,
        "-c",
        f"import sys; sys.path[:] = {sys.path!r}; from {module} import main; main()",
    ]
