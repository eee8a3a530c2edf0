"""What is wrong with a run file, and what can be recovered."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from landscape_app.runs.live_file import GROUPS, MARK, is_being_written, is_live, opened
from landscape_app.runs.run_file import RunState, read_run
from landscape_app.runs.salvage import salvage
from landscape_app.runs.seal import is_sealed
from landscape_app.runs.whole_file import UNREADABLE, RunFileError


@dataclass(frozen=True, eq=False)
class Examination:
    """A run file, looked at.

    Attributes:
        whole: whether it can be opened as it is.
        findings: what there is to say of it, a line each.
        run: the run, or what is left of it; None where nothing is.
    """

    whole: bool
    findings: list[str]
    run: RunState | None


def examine(path: Path) -> Examination:
    """Looks at a run file.

    Raises:
        RunFileError: there is no such file, or it is none that Landscape has written.
    """
    path = Path(path)
    try:
        run = read_run(path)
    except RunFileError as error:
        if not path.is_file():
            raise
        head = _head(path)
        if not (is_live(head) or is_sealed(head)):
            raise
        left, findings = salvage(path)
        first = (
            "its checksum does not fit: bytes were changed, or are missing" if is_sealed(head) else str(error)
        )
        if left is not None and is_sealed(head):
            findings.append("what is left can be read, but nothing says that its numbers are the right ones")
        return Examination(False, [first, *findings], left)
    return Examination(True, _of_whole(path, run), run)


def _of_whole(path: Path, run: RunState) -> list[str]:
    if not is_live(_head(path)):
        return ["sealed: its checksum fits"]
    writer = (
        "another process is writing it"
        if is_being_written(path)
        else "its writer has gone without sealing it"
    )
    findings = [f"a live file: {writer}"]
    kept = max(map(len, run.metrics.values()), default=0)
    lost = _rows(path) - kept
    if lost > 0:
        findings.append(f"{lost:,} epochs after its last state have metrics only, and are left out")
    return findings


def _rows(path: Path) -> int:
    """Epochs that have metrics in a live file."""
    try:
        with opened(path.read_bytes()) as file:
            return max(map(len, file[GROUPS[0]].values()), default=0)
    except UNREADABLE:
        return 0


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(max(len(MARK), 512))
    except OSError:
        return b""
