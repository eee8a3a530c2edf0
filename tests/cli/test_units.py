"""One table in metres, and in nanometres with an offset: every figure comes back in the unit of its file."""

import csv
import json
import math
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from landscape_app.data.importing import Table, import_table, open_source
from landscape_app.data.importing.columns import ColumnType
from landscape_app.data.importing.table_data import TableOptions
from landscape_app.problems.proposal import starting_configuration
from landscape_app.session import convergence
from landscape_app.session.api import energy, gradient, sample
from landscape_app.session.autosave import Autosave
from landscape_app.session.session import Session
from tests.cli.conftest import Run

SCALE, OFFSET = 1e9, 1e8
ROWS = 120
NATS = ("validation_nats", "test_nats", "exact_test_nats", "low", "high", "entropy")
SAME = ("log_partition", "log_partition_error", "entropy_error", "test_nats_error", "validation_nats_error")


def write_table(path: Path, scale: float, offset: float) -> None:
    """Lengths and masses in one unit or another, the masses for a log scale, and towns."""
    rng = np.random.default_rng(0)
    # In pairs about zero, whose mean is zero in any arithmetic.
    half = rng.integers(1, 300, ROWS // 2)
    steps = np.concatenate([half, -half])
    masses = np.exp(0.004 * steps + 0.7 * rng.standard_normal(ROWS)) * scale
    towns = rng.integers(2, size=ROWS)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("length", "mass", "town"))
        writer.writerows(
            (repr(float(step * (scale / SCALE) + offset)), repr(float(mass)), "AB"[town])
            for step, mass, town in zip(steps, masses, towns, strict=True)
        )


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Session]:
    """The same short training on both, by the file of the run."""
    folder, found = tmp_path_factory.mktemp("units"), {}
    for name, unit in {"metres": (1.0, 0.0), "nanometres": (SCALE, OFFSET)}.items():
        write_table(folder / f"{name}.csv", *unit)
        table = open_source(folder / f"{name}.csv")
        assert isinstance(table, Table)
        table = table.typed({"mass": ColumnType.LOG})
        data = import_table(table, TableOptions.proposed(table)).dataset
        session = Session(replace(starting_configuration(data), chains=16), "cpu", 4, data)
        for _ in islice(session.train(), 2):
            pass
        session.finish()
        autosave = Autosave(session, folder / f"{name}.h5")
        autosave.save_now()
        autosave.close()
        found[folder / f"{name}.h5"] = session
    return found


def moved(figure: float | None) -> object:
    """A density's figure in nanometres, about, by that in metres."""
    return None if figure is None else pytest.approx(figure + math.log(SCALE), abs=1e-3)


def test_nats_move_by_the_logarithm_of_the_scale(landscape: Run, sessions: dict[Path, Session]) -> None:
    # Of the mass the logarithm is learned, which does not move.
    metres, nanometres = (json.loads(landscape("info", str(run), "--json").out) for run in sessions)
    for name in NATS:
        assert nanometres[name] == moved(metres[name]), name
    for name in SAME:
        assert nanometres[name] == pytest.approx(metres[name], abs=1e-3), name
    shown = landscape("info", str(next(iter(sessions)))).out
    assert "of mass per unit of the natural logarithm" in " ".join(shown.split())


def test_a_convergence_test_counts_in_the_unit_of_the_file(
    sessions: dict[Path, Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convergence, "TUNING_STEPS", 2)
    monkeypatch.setattr(convergence, "LEAST_STEPS", 40)
    metres, nanometres = (list(session.convergence_test(2).run(40))[-1] for session in sessions.values())
    near, far = metres.figures(), nanometres.figures()
    for name in NATS:
        assert far[name] == moved(near[name]), name
    assert metres.thermometry is not None
    assert nanometres.thermometry is not None
    assert nanometres.thermometry.entropy.value == moved(metres.thermometry.entropy.value)
    assert metres.exact is not None
    exact, moves = metres.exact, ("entropy", "cross_entropy", "cross_entropy_training")
    assert nanometres.exact == exact._replace(
        log_partition=pytest.approx(exact.log_partition, abs=1e-3),
        **{name: moved(getattr(exact, name)) for name in moves},
    )


def test_samples_come_back_in_the_unit_of_the_file(
    landscape: Run, sessions: dict[Path, Session], tmp_path: Path
) -> None:
    tables, arrays, draws = [], [], []
    for run, fixed in zip(sessions, ("mass=1.5", "mass=1500000000"), strict=True):
        for ending in ("csv", "npz", "nc"):
            options = ("-n", "6", "--steps", "6", "--no-ladder", "--given", fixed, "--device", "cpu")
            done = landscape("sample", str(run), *options, "-o", f"out.{ending}")
            assert done.code == 0, done.err
            assert ending == "nc" or f"given {fixed.replace('=', ' = ')}" in done.out
        with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
            tables.append(list(csv.DictReader(file)))
        with np.load("out.npz") as file:
            arrays.append(file["x"])
        draws.append(json.loads(landscape("diagnose", "out.nc", "--json").out))
    for near, far in zip(*tables, strict=True):
        assert float(far["length"]) == pytest.approx(float(near["length"]) * SCALE + OFFSET, abs=0.02)
        assert float(far["mass"]) == pytest.approx(float(near["mass"]) * SCALE, rel=1e-4)
        assert float(near["mass"]) == pytest.approx(1.5)
        assert near["town"] == far["town"]
        assert far["energy (nats)"] == near["energy (nats)"]
    metres, nanometres = arrays
    np.testing.assert_allclose(nanometres[:, 0], metres[:, 0] * SCALE + OFFSET, rtol=1e-9)
    np.testing.assert_allclose(nanometres[:, 1], metres[:, 1] * SCALE, rtol=1e-5)
    np.testing.assert_array_equal(nanometres[:, 2], metres[:, 2])
    of_metres, of_nanometres = (found["quantities"]["length"]["mean"] for found in draws)
    assert of_nanometres == pytest.approx(of_metres * SCALE + OFFSET, rel=1e-9)


def test_scripts_take_and_give_the_unit_of_the_file(sessions: dict[Path, Session]) -> None:
    near, far = (sample(session, 8, steps=3, ladder=False, seed=2).x for session in sessions.values())
    np.testing.assert_allclose(far[:, 0], near[:, 0] * SCALE + OFFSET, rtol=1e-9)
    metres, nanometres = sessions.values()
    np.testing.assert_allclose(energy(nanometres, far), energy(metres, near), atol=1e-4)
    slopes = gradient(metres, near)
    np.testing.assert_allclose(gradient(nanometres, far)[:, :2], slopes[:, :2] / SCALE, rtol=1e-2, atol=1e-14)
    # Of a column on a log scale the slope is that by the number itself.
    step = np.zeros_like(near)
    step[:, 1] = 1e-3 * near[:, 1]
    difference = energy(metres, near + step) - energy(metres, near - step)
    np.testing.assert_allclose(slopes[:, 1] * 2 * step[:, 1], difference, atol=2e-4)
