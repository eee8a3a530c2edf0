"""What can be read of a damaged run file: in a process of its own, as HDF5 crashes on some of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from landscape_app.runs.live_file import GROUPS, SLOTS, Kept, is_live, latest_state, opened
from landscape_app.runs.own_process import command_of
from landscape_app.runs.parcel import Parcel, pack, unpack
from landscape_app.runs.root import TEXTS, read_root
from landscape_app.runs.run_file import MOST_BYTES, RunState, run_at
from landscape_app.runs.whole_file import UNREADABLE, RunFileError, reason_of

PATIENCE = 20.0
"""Seconds that a damaged file may take."""
MEMORY = 3 * 2**30
"""Bytes of address space that the process may take, the libraries among them."""


def salvage(path: Path) -> tuple[RunState | None, list[str]]:
    """What is left of the run in a damaged file, and what is wrong with it, a line each."""
    command = command_of("landscape_app.runs.salvage")
    try:
        done = subprocess.run([*command, str(path)], capture_output=True, timeout=PATIENCE, check=False)
        note, arrays = unpack(done.stdout)
    except subprocess.TimeoutExpired:
        return None, [f"HDF5 does not come to an end with it within {PATIENCE:.0f} seconds"]
    except ValueError:
        return None, ["HDF5 crashes on it"]
    findings = [str(line) for line in note["findings"]]
    if note["configuration"] is None:
        return None, findings
    parts: dict[str, dict[str, np.ndarray]] = {"metrics": {}, "arrays": {}}
    for name, array in arrays.items():
        part, _, key = name.partition("/")
        parts[part][key] = array
    return RunState(note["configuration"], note["provenance"], **parts), findings


def main() -> None:
    """Reads the file that the command line names; writes a parcel of what is left to the standard output."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    findings: list[str] = []
    state = _attempt(findings, "the file", lambda: _left(Path(sys.argv[1]), findings))
    arrays = {}
    if state is not None:
        arrays = {f"metrics/{name}": column for name, column in state.metrics.items()}
        arrays |= {f"arrays/{name}": array for name, array in state.arrays.items()}
    note = {
        "findings": findings,
        "configuration": None if state is None else state.configuration,
        "provenance": None if state is None else state.provenance,
    }
    sys.stdout.buffer.write(pack(note, arrays))


def _left(path: Path, findings: list[str]) -> RunState:
    image = path.read_bytes()
    with opened(image) as file:
        configuration, provenance = read_root(path, file)
        arrays = _arrays(file, findings)
    if not is_live(image):
        return RunState(configuration, provenance, *_split(arrays, findings))
    state = latest_state([arrays.pop(slot, np.zeros(0, np.uint8)).tobytes() for slot in SLOTS])
    if state is None:
        raise ValueError("neither of its two states is whole")
    with suppress(ValueError):
        return run_at(state, configuration, provenance, arrays)
    findings.append("the metrics are not whole; the state is")
    rest = {name: array for name, array in arrays.items() if not name.startswith(GROUPS)}
    alone = Kept(
        state.number, Parcel({**state.parcel.note, "rows": dict.fromkeys(GROUPS, 0)}, state.parcel.arrays)
    )
    return run_at(alone, configuration, provenance, rest)


def _arrays(file: h5py.File, findings: list[str]) -> dict[str, np.ndarray]:
    """Every array that can be read."""
    names: list[str] = []
    _attempt(findings, "its list of contents", lambda: file.visit(names.append))
    arrays: dict[str, np.ndarray] = {}
    room = MOST_BYTES
    for name in names:
        if name in TEXTS:
            continue
        item = _attempt(findings, name, partial(file.get, name))
        if not isinstance(item, h5py.Dataset):
            continue
        size = item.size * item.dtype.itemsize
        if item.dtype.kind not in "iuf" or item.external or item.is_virtual or size > room:
            findings.append(f"{name} is nothing that a run holds")
            continue
        array = _attempt(findings, name, partial(item.__getitem__, ()))
        if array is not None:
            arrays[name] = array
            room -= size
    return arrays


def _split(
    arrays: dict[str, np.ndarray], findings: list[str]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Metrics and everything else; no metrics where they do not go together."""
    metrics = {n.removeprefix("metrics/"): a for n, a in arrays.items() if n.startswith("metrics/")}
    if len({len(column) for column in metrics.values()}) > 1:
        findings.append("the metrics are not whole")
        metrics = {}
    return metrics, {n: a for n, a in arrays.items() if not n.startswith("metrics/")}


def _attempt(findings: list[str], what: str, read: Callable[[], Any]) -> Any:
    """What is read; None, and a finding, where that fails."""
    try:
        return read()
    except RunFileError as error:
        findings.append(str(error))
    except UNREADABLE as error:
        reason = json.dumps(reason_of(error), ensure_ascii=False)[1:-1]
        findings.append(f"{what} cannot be read: {reason[:120]}")
    return None
