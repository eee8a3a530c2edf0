"""A program called ssh that reaches every host on this machine, and fails as ssh does for some names."""

import os
import sys
from pathlib import Path

import pytest

SCRIPT = """#!/bin/sh
echo "$@" >> "{log}"
while [ "$1" != "--" ]; do shift; done
case "$2" in
    nowhere) echo "ssh: Could not resolve hostname nowhere: Name or service not known" >&2; exit 255 ;;
    closed) echo "ada@closed: Permission denied (publickey,password)." >&2; exit 255 ;;
esac
exec /bin/sh -c "$3"
"""

PYTHON = f"{sys.executable} -m landscape_app"
"""Command that starts Landscape on such a host."""

LIGHT = (
    f"{sys.executable} -c 'import sys; from landscape_app.runs.stream import serve; "
    'serve(open(0, "rb", 0), open(1, "wb", 0))\''
)
"""Its reader alone, which starts sooner."""

not_on_windows = pytest.mark.skipif(os.name == "nt", reason="the program is a shell script")


def stand_in_ssh(folder: Path) -> str:
    """Writes the program, which keeps its arguments in `calls`; returns the value of PATH with which it is found."""
    place = folder / "bin"
    place.mkdir()
    script = place / "ssh"
    script.write_text(SCRIPT.format(log=folder / "calls"))
    script.chmod(0o755)
    return f"{place}{os.pathsep}{os.environ['PATH']}"
