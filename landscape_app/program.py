"""This program as a process: the command that starts it once more, and what other programs get of its environment."""

from __future__ import annotations

import sys
from collections.abc import MutableMapping

LIBRARY_PATHS = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FRAMEWORK_PATH")
"""Variables by which a stand-alone application finds its own libraries as it starts."""
KEPT = "_ORIG"
"""Ending of the variable in which its loader keeps what one of them was."""


def is_frozen() -> bool:
    """True in the stand-alone application, where `sys.executable` is this program and no Python."""
    return bool(getattr(sys, "frozen", False))


def own_command(*arguments: str) -> list[str]:
    """Command that starts this program in a process of its own; modules in the current folder are not its own.

    Args:
        arguments: what follows `landscape`.
    """
    if is_frozen():
        return [sys.executable, *arguments]
    return [sys.executable, "-P", "-m", "landscape_app", *arguments]


def restore_library_paths(environment: MutableMapping[str, str]) -> None:
    """Gives other programs that start from here, such as ssh and the browser, the libraries of the system again.

    The loader of a stand-alone application sets the variables, which only the start of a process reads, and keeps
    what they were beside them.

    Args:
        environment: of this process, `os.environ`.
    """
    for name in LIBRARY_PATHS:
        before = environment.pop(name + KEPT, None)
        if before is not None:
            environment[name] = before
        else:
            environment.pop(name, None)
