"""Table of many runs: settings, and the mean of every final figure over seeds with its standard error."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from landscape_app.physics.estimate import Estimate, rounded
from landscape_app.runs.atomic import atomic_write
from landscape_app.runs.catalogue import read_summary
from landscape_app.runs.run_file import read_part
from landscape_app.session.comparison_table import NUMBERS
from landscape_app.session.lattice_sweep import KIND, open_sweep, quantities_of
from landscape_app.session.measurement import Measurement
from landscape_app.session.run_comparison import mean_over_repeats
from landscape_app.session.sweep_plan import PlannedRun
from landscape_app.session.vocabulary import setting_value

NOTE = (
    "± of several runs: standard error of their mean by their spread; of one run: its own, where it has one."
)

CROSSING = ("T of the crossing (J/k_B)", "Binder U")
NUMBER = re.compile(r"[+−-]?\d[\d,]*(?:\.\d+)?(?:e[+−-]?\d+)?")
"""A number as findings are written."""


class RunFigures(NamedTuple):
    """Final figures of a run, or of a part of it.

    Attributes:
        part: names and values that say which part, such as the side of a lattice.
        figures: by their names.
    """

    part: tuple[tuple[str, str], ...]
    figures: Mapping[str, Estimate]


class SweepRow(NamedTuple):
    """Runs that differ in their seeds alone.

    Attributes:
        values: of the settings, in words; empty where a setting says nothing here.
        runs: their number.
        figures: mean of each over the runs.
    """

    values: Mapping[str, str]
    runs: int
    figures: Mapping[str, Estimate]


@dataclass(frozen=True)
class SweepTable:
    """Settings and figures of many runs.

    Attributes:
        rows: one for each setting, and for each part of its runs.
    """

    rows: tuple[SweepRow, ...]

    @property
    def settings(self) -> list[str]:
        """Names of the settings."""
        return list(dict.fromkeys(name for row in self.rows for name in row.values))

    @property
    def figures(self) -> list[str]:
        """Names of the figures."""
        return list(dict.fromkeys(name for row in self.rows for name in row.figures))

    def cells(self) -> tuple[list[str], list[list[str]]]:
        """Heads of the columns, and the cells of every row, in words."""
        settings, figures = self.settings, self.figures
        rows = [
            [row.values.get(name, "") for name in settings]
            + [f"{row.runs:,}"]
            + [_shown(row.figures.get(name)) for name in figures]
            for row in self.rows
        ]
        return [*settings, "runs", *figures], rows

    def as_json(self) -> list[dict[str, Any]]:
        """Rows as JSON values; None for what is not known."""
        return [
            {
                "settings": dict(row.values),
                "runs": row.runs,
                "figures": {
                    name: dict(zip(("mean", "error"), _numbers(found), strict=True))
                    for name, found in row.figures.items()
                },
            }
            for row in self.rows
        ]

    def write(self, path: Path) -> None:
        """Writes the table as CSV, every figure beside its standard error; what is not known is empty.

        Raises:
            RunFileError: it cannot be written.
        """
        settings, figures = self.settings, self.figures
        with atomic_write(path) as part, part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(
                [*settings, "runs", *(part for name in figures for part in (name, f"error of {name}"))]
            )
            for row in self.rows:
                numbers = [number for name in figures for number in _numbers(row.figures.get(name))]
                writer.writerow([*(row.values.get(name) for name in settings), row.runs, *numbers])


def table_of(runs: Sequence[tuple[PlannedRun, Path]]) -> SweepTable:
    """The table of runs that are done.

    Args:
        runs: of a sweep, each with its file.

    Raises:
        RunFileError: a file cannot be read.
    """
    groups: dict[tuple[tuple[str, str], ...], list[Mapping[str, Estimate]]] = {}
    for run, path in runs:
        told = tuple((_name(name), setting_value(run.settings[name])) for name in run.varied)
        for found in figures_of(path):
            groups.setdefault((*told, *found.part), []).append(found.figures)
    rows = []
    for values, repeats in groups.items():
        names = dict.fromkeys(name for figures in repeats for name in figures)
        means = {
            name: mean_over_repeats([figures[name] for figures in repeats if name in figures])
            for name in names
        }
        rows.append(SweepRow(dict(values), len(repeats), means))
    return SweepTable(tuple(rows))


def figures_of(path: Path) -> list[RunFigures]:
    """Final figures in the file of a training, a sweep of a lattice or an experiment.

    Raises:
        RunFileError: it cannot be read.
    """
    state = read_part(path, {})
    kind = state.provenance.get("kind")
    if kind == KIND:
        return _of_lattices(path)
    return _of_training(path) if kind is None else _of_experiment(state.configuration)


def _of_training(path: Path) -> list[RunFigures]:
    summary = read_summary(path)
    found = Measurement.from_figures(summary.figures) if summary.figures else None
    numbers = {} if found is None else {name: of(found) for name, of in NUMBERS.items()}
    figures = {name.replace("_", " "): number for name, number in numbers.items() if number is not None}
    times = {"epochs": Estimate(summary.epochs, 0.0), "seconds of training": Estimate(summary.seconds, 0.0)}
    return [RunFigures((), figures | times)]


def _of_lattices(path: Path) -> list[RunFigures]:
    sweep = open_sweep(path)
    plan, over = sweep.plan, "T (J/k_B)" if sweep.plan.over == "temperature" else "h (J)"
    names = quantities_of(plan)
    parts = []
    for side in plan.sides:
        averages = sweep.averages(side)
        for k, value in enumerate(plan.values):
            figures = {
                title: Estimate(float(found.value[k]), float(found.error[k]))
                for name, title in names.items()
                for found in [getattr(averages, name)]
            }
            parts.append(RunFigures((("L", str(side)), (over, f"{value:.6g}")), figures))
    for sides, temperature, cumulant in sweep.crossings():
        figures = dict(zip(CROSSING, (Estimate(*temperature), Estimate(*cumulant)), strict=True))
        parts.append(RunFigures((("L", "{} and {}".format(*sides)), (over, "crossing")), figures))
    return parts


def _of_experiment(configuration: Mapping[str, Any]) -> list[RunFigures]:
    parts = []
    for figure, quantity, _, measured, passed in configuration["findings"]:
        figures = {"good verdict": Estimate(float(passed), 0.0)}
        number = NUMBER.match(str(measured))
        if number is not None:
            text = number.group().replace("−", "-").replace(",", "")
            figures["first number measured"] = Estimate(float(text), 0.0)
        parts.append(RunFigures((("figure", str(figure)), ("quantity", str(quantity))), figures))
    return parts


def _name(setting: str) -> str:
    return setting.rpartition(".")[2]


def _shown(found: Estimate | None) -> str:
    if found is None:
        return "–"
    if found.is_bracket:
        return f"{found:.2f}"
    value, error = rounded(found.value, found.error)
    return f"{value} ± {error}" if found.error > 0 else value


def _numbers(found: Estimate | None) -> tuple[float | None, float | None]:
    """A figure and its standard error; None for what is not known."""
    value, error = (math.nan, math.nan) if found is None else (found.value, found.error)
    if found is not None and found.is_bracket:
        error = math.nan
    return value if math.isfinite(value) else None, error if math.isfinite(error) else None
