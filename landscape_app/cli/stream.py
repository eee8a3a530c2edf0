"""`landscape stream`: the reader beside a run, which `landscape watch ssh://…` starts on the other machine."""

from __future__ import annotations

import sys
from contextlib import suppress


def stream() -> None:
    """Send a run to a follower on another machine; called through ssh, not by hand.

    What to send is read from the standard input; it ends where that ends.

    \b
    Example:
      landscape watch ssh://host/path/run.h5    starts landscape stream on host
    """
    from landscape_app.runs.stream import serve

    # Without buffers: a thread that waits for input would hold its one when the program ends.
    with (
        open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as source,
        open(sys.stdout.fileno(), "wb", buffering=0, closefd=False) as sink,
        suppress(OSError),
    ):
        serve(source, sink)
