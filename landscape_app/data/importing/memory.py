"""Memory that reading a file needs, compared with what is free: some libraries abort where it runs out."""

from __future__ import annotations

import sys
from pathlib import Path

from landscape_app.data.importing.images import ImportFailure
from landscape_app.language import tr


def free_memory() -> int | None:
    """Bytes that this process may still take; None where the system does not say."""
    if sys.platform != "linux":
        return None
    import resource

    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return None
    free = next((1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable")), None)
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return free
    below = max(0, limit - pages * resource.getpagesize())
    return below if free is None else min(free, below)


def check_memory(needed: float, name: object) -> None:
    """Fails where reading needs more memory than is free.

    Args:
        needed: bytes, estimated.
        name: of the file.

    Raises:
        ImportFailure: it does; says how much it needs.
    """
    free = free_memory()
    if free is not None and needed > free:
        raise ImportFailure(
            tr(
                "{name} needs about {needed:,.0f} MB of memory to be read, and {free:,.0f} MB are free; "
                "import a part of it",
                name=name,
                needed=needed / 1e6,
                free=free / 1e6,
            )
        )
