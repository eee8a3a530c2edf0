"""Result of an experiment: its figure as PNG and SVG, and all its numbers and verdicts in one run file."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs

from landscape_app.experiments.experiment import Finding, Values
from landscape_app.experiments.figure import Bars, Curve, Figure, Heatmap, Images, Marker, Panel, Points, Role
from landscape_app.language import tr
from landscape_app.runs import RunFileError, RunState, read_run, write_run
from landscape_app.runs.atomic import make_folder, reason_of
from landscape_app.version import __version__

KIND = "experiment"
"""Name in the provenance of such a file."""

MARKS: dict[str, Any] = {kind.__name__: kind for kind in (Curve, Points, Bars, Heatmap, Images, Marker)}


@dataclass(frozen=True, eq=False)
class Result:
    """An experiment that has ended, or was stopped.

    Attributes:
        experiment: its name.
        values: its parameters.
        figure: what there was to see.
        findings: the verdicts; none where it was stopped early.
        seconds: that it took.
        is_complete: whether it came to its end.
    """

    experiment: str
    values: Values
    figure: Figure
    findings: tuple[Finding, ...]
    seconds: float
    is_complete: bool

    @property
    def has_passed(self) -> bool:
        """True if it came to its end with every verdict good."""
        return self.is_complete and bool(self.findings) and all(finding.passed for finding in self.findings)


def save_result(result: Result, title: str, folder: Path, name: str = "") -> list[Path]:
    """Writes NAME.png, NAME.svg and NAME.h5 into a folder, which is made if need be; returns the paths.

    Args:
        result: what to write.
        title: above the figure.
        folder: where to.
        name: of the files; that of the experiment if not given.

    Raises:
        RunFileError: the folder cannot be made or written.
    """
    from landscape_app.experiments.render import write_figure

    name = name or result.experiment
    try:
        folder.mkdir(parents=True, exist_ok=True)
        pictures = write_figure(result.figure, title, folder, name)
    except OSError as error:
        raise RunFileError(
            tr(
                "cannot write into {folder}: {reason}; choose another folder",
                folder=folder,
                reason=error.strerror or error,
            )
        ) from error
    numbers = folder / f"{name}.h5"
    write_result(result, numbers)
    return [*pictures, numbers]


def write_result(result: Result, path: Path) -> None:
    """Writes the numbers and verdicts to one run file.

    Raises:
        RunFileError: it cannot be written.
    """
    write_run(path, _state(result))


def open_result(path: Path) -> Result:
    """The result in a file.

    Raises:
        RunFileError: the file is missing, damaged, or holds something else.
    """
    state = read_run(path)
    if state.provenance.get("kind") != KIND:
        raise RunFileError(
            tr("{path} holds a model, not the result of an experiment; open it as a run", path=path)
        )
    try:
        told = state.configuration
        return Result(
            experiment=str(told["experiment"]),
            values={str(name): float(value) for name, value in told["values"].items()},
            figure=_figure(told["figure"], state.arrays),
            findings=tuple(
                Finding(str(f), str(q), str(e), str(m), bool(p)) for f, q, e, m, p in told["findings"]
            ),
            seconds=float(told["seconds"]),
            is_complete=bool(told["is_complete"]),
        )
    except (KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise RunFileError(
            tr(
                "{path} is not a whole result of an experiment: {reason}",
                path=path,
                reason=reason_of(error),
            )
        ) from error


def cache_folder() -> Path:
    """Place of the last finished result of every experiment, for the next start."""
    return platformdirs.user_cache_path("landscape", appauthor=False) / "experiments"


def cache_result(result: Result) -> None:
    """Writes a result into the user's cache, in place of the one before.

    Raises:
        RunFileError: the cache cannot be written.
    """
    folder = cache_folder()
    make_folder(folder)
    write_result(result, folder / f"{result.experiment}.h5")


def cached_results(names: Iterable[str]) -> list[Result]:
    """The results of these experiments in the cache; unreadable ones are left out."""
    found = []
    for name in names:
        try:
            result = open_result(cache_folder() / f"{name}.h5")
        except RunFileError:
            # None yet, or written by another version: the next one takes its place.
            continue
        if result.experiment == name:
            found.append(result)
    return found


def _state(result: Result) -> RunState:
    arrays: dict[str, np.ndarray] = {}
    return RunState(
        configuration={
            "experiment": result.experiment,
            "values": {name: float(value) for name, value in result.values.items()},
            "findings": [[*map(str, finding[:4]), bool(finding.passed)] for finding in result.findings],
            "seconds": float(result.seconds),
            "is_complete": bool(result.is_complete),
            "figure": [
                [_plain_panel(panel, f"figure/{i}-{j}", arrays) for j, panel in enumerate(row)]
                for i, row in enumerate(result.figure.rows)
            ],
        },
        provenance={
            "kind": KIND,
            "program": f"Landscape {__version__}",
            "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        },
        metrics={},
        arrays=arrays,
    )


def _plain_panel(panel: Panel, path: str, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    plain = _plain(panel, path, arrays)
    plain["marks"] = [
        {"kind": type(mark).__name__} | _plain(mark, f"{path}/{k}", arrays)
        for k, mark in enumerate(panel.marks)
    ]
    return plain


def _plain(item: Any, path: str, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """The fields of a panel or mark as JSON; its arrays go under the path."""
    plain: dict[str, Any] = {}
    for field in dataclasses.fields(item):
        value = getattr(item, field.name)
        if isinstance(value, np.ndarray):
            arrays[f"{path}/{field.name}"] = value
        elif isinstance(value, Role):
            plain[field.name] = value.value
        elif field.name != "marks" and value is not None:
            plain[field.name] = _without_numpy(value)
    return plain


def _without_numpy(value: Any) -> Any:
    """A number that numpy made, or a tuple of such, as Python's own, which JSON knows."""
    if isinstance(value, tuple):
        return [_without_numpy(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def _figure(plain: Any, arrays: Mapping[str, np.ndarray]) -> Figure:
    return Figure(
        tuple(
            tuple(_panel(panel, f"figure/{i}-{j}", arrays) for j, panel in enumerate(row))
            for i, row in enumerate(plain)
        )
    )


def _panel(plain: Mapping[str, Any], path: str, arrays: Mapping[str, np.ndarray]) -> Panel:
    marks = []
    for k, mark in enumerate(plain["marks"]):
        prefix = f"{path}/{k}/"
        own = {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}
        fields = {name: _unplain(name, value) for name, value in mark.items() if name != "kind"}
        marks.append(MARKS[mark["kind"]](**fields, **own))
    rest = {name: _unplain(name, value) for name, value in plain.items() if name != "marks"}
    return Panel(marks=tuple(marks), **rest)


def _unplain(name: str, value: Any) -> Any:
    if name == "role":
        return Role(value)
    return tuple(_unplain("", item) for item in value) if isinstance(value, list) else value
