"""Tables of many runs against numpy over the seeds."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from landscape_app.experiments.experiment import Finding
from landscape_app.experiments.figure import Figure
from landscape_app.experiments.result import Result, write_result
from landscape_app.physics.estimate import Estimate
from landscape_app.session.run_comparison import read_to_compare
from landscape_app.session.sweep_plan import PlannedRun
from landscape_app.session.sweep_table import SweepRow, SweepTable, table_of
from tests.small_runs import drawn_sweep, small_run


def test_trainings_have_the_mean_over_seeds_and_its_error(tmp_path: Path) -> None:
    chains = {16: (0, 1, 2), 32: (0,)}
    runs = [
        (
            PlannedRun({"chains": n}, ("chains",), seed),
            small_run(tmp_path / f"{n}-{seed}.h5", seed=seed, chains=n),
        )
        for n, seeds in chains.items()
        for seed in seeds
    ]
    several, one = table_of(runs).rows
    measured = [read_to_compare(path).measurement for _, path in runs]
    tests = np.array([found.test.value for found in measured if found is not None and found.test is not None])
    assert (several.values, several.runs) == ({"chains": "16"}, 3)
    mean = several.figures["test nats"]
    assert mean.value == pytest.approx(tests[:3].mean())
    assert mean.error == pytest.approx(tests[:3].std(ddof=1) / math.sqrt(3))
    assert several.figures["epochs"] == Estimate(6.0, 0.0)
    assert one.figures["test nats"].error > 0


def test_lattices_have_a_row_for_every_side_and_temperature(tmp_path: Path) -> None:
    paths = [tmp_path / f"{seed}.h5" for seed in range(3)]
    energies = np.array([drawn_sweep(path, seed).moments[8][0].mean(1) for seed, path in enumerate(paths)])
    table = table_of([(PlannedRun({}, (), seed), path) for seed, path in enumerate(paths)])
    assert [row.values for row in table.rows] == [
        {"L": "8", "T (J/k_B)": "2"},
        {"L": "8", "T (J/k_B)": "2.6"},
    ]
    for k, row in enumerate(table.rows):
        assert row.figures["E/N (J)"].value == pytest.approx(energies[:, k].mean())
        assert row.figures["E/N (J)"].error == pytest.approx(energies[:, k].std(ddof=1) / math.sqrt(3))


def test_findings_of_experiments_have_their_number_and_the_share_of_good_verdicts(tmp_path: Path) -> None:
    runs = []
    for seed, (measured, passed) in enumerate(
        (("−1,000.5 nats; 3 of 4", True), ("−1,001.5 nats; 4 of 4", False))
    ):
        result = Result("x", {}, Figure(), (Finding("3e", "S", "less", measured, passed),), 1.0, True)
        write_result(result, tmp_path / f"{seed}.h5")
        runs.append((PlannedRun({}, (), seed), tmp_path / f"{seed}.h5"))
    (row,) = table_of(runs).rows
    assert row.values == {"figure": "3e", "quantity": "S"}
    assert row.figures["first number measured"] == Estimate(-1001.0, 0.5)
    assert row.figures["good verdict"].value == 0.5


def test_the_table_is_written_with_errors_and_blanks(tmp_path: Path) -> None:
    rows = (
        SweepRow({"units": "8"}, 3, {"S": Estimate(1.25, 0.5), "log Z": Estimate.between(1.0, 2.0)}),
        SweepRow({"units": "16"}, 1, {"S": Estimate(2.0, 0.0)}),
    )
    table = SweepTable(rows)
    table.write(tmp_path / "table.csv")
    with (tmp_path / "table.csv").open(encoding="utf-8", newline="") as file:
        head, first, second = csv.reader(file)
    assert head == ["units", "runs", "S", "error of S", "log Z", "error of log Z"]
    assert first == ["8", "3", "1.25", "0.5", "1.5", ""]
    assert second == ["16", "1", "2.0", "0.0", "", ""]
    names, cells = table.cells()
    assert names == ["units", "runs", "S", "log Z"]
    assert cells == [["8", "3", "1.25 ± 0.50", "1.00 to 2.00"], ["16", "1", "2", "–"]]
    assert table.as_json()[0]["figures"]["log Z"] == {"mean": 1.5, "error": None}
