"""`landscape import --json` of small files as people have them: each is read as it should be."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from landscape_app.data.importing.tables import open_table
from tests.data.files.make import GROUPS, Files, Reading

Landscape = Callable[..., Any]


def differences(done: Any, right: Reading) -> dict[str, tuple[object, object]]:
    """What is right and what came, of each thing that differs."""
    if right.message is not None:
        messages = [line for line in done.err.splitlines() if line.startswith("landscape: ")]
        fine = done.code == 2 and len(messages) == 1 and right.message in messages[0]
        return {} if fine else {"message": (right.message, (done.code, done.err))}
    if done.code:
        return {"exit": (0, (done.code, done.err))}
    came = json.loads(done.out)
    found = {
        "items": came["items"],
        "kind": came["kind"],
        "held_out": came["held_out"],
        "shape": tuple(came["shape"]),
        "levels": came["levels"],
        "columns": tuple(column["name"] for column in came["columns"]),
        "types": tuple(column["type"] for column in came["columns"]),
        "classes": len(came["classes"]) if isinstance(right.classes, int) else came["classes"],
        "left_out": sum(came["left_out"].values()),
    }
    wrong = {
        name: (getattr(right, name), value)
        for name, value in found.items()
        if getattr(right, name) is not None and getattr(right, name) != value
    }
    if not all(any(entry.startswith(name) for entry in came["not_used"]) for name in right.not_used):
        wrong["not_used"] = (right.not_used, came["not_used"])
    if right.warnings is not None:
        told = all(any(word in entry for entry in came["warnings"]) for word in right.warnings)
        if not told or (came["warnings"] and not right.warnings):
            wrong["warnings"] = (right.warnings, came["warnings"])
    return wrong


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__name__)
def test_files_as_people_have_them_are_read_right(
    landscape: Landscape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group: Callable[[Files], None]
) -> None:
    # No power fails here, and waiting for the disk takes as long as reading.
    monkeypatch.setattr("os.fsync", lambda _: None)
    folder = tmp_path / "files"
    folder.mkdir()
    files = Files(folder)
    group(files)
    wrong = {}
    for number, (name, right) in enumerate(files.readings.items()):
        # Each to a name of its own: a file that is replaced waits for the disk.
        done = landscape("import", str(folder / name), "-o", f"{number}.h5", "--json")
        told = re.search(r"^Left out the dates of .*: --columns (\S+)$", done.err, re.MULTILINE)
        if told is not None:
            # As it says, they come with all others.
            chosen = ("--columns", told[1])
            done = landscape("import", str(folder / name), "-o", f"{number}-all.h5", "--json", *chosen)
        found = differences(done, right)
        for column, numbers in (right.numbers or {}).items():
            came = open_table(folder / name).column(column).numbers
            if not np.allclose(came, numbers, rtol=1e-9, atol=1e-7):
                found[column] = (list(numbers[:3]), came[:3].tolist())
        if found:
            wrong[name] = found
    assert not wrong
