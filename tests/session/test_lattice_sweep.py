"""Sweeps: averages against Kaufman's and sums over states, crossings, and files that are gone on with."""

import csv
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from landscape_app.physics.spin_lattices import SpinLattice
from landscape_app.physics.square_lattice import CRITICAL_TEMPERATURE, lattice_energy, lattice_heat_capacity
from landscape_app.runs import RunFileError, RunState, write_run
from landscape_app.session.lattice_sweep import (
    LatticeSweep,
    SweepPlan,
    lattice_sweep,
    open_sweep,
    save_sweep,
    write_table,
)

SMALL = SweepPlan(sides=(8,), low=2.0, high=3.0, points=3, copies=24, warm_up=40, steps=120)
FEW_ERRORS = 4.5


def free_ends(temperature: float, field: float) -> tuple[float, float, float]:
    """⟨m⟩, χ and U of a ring of 64 spins in a field by its transfer matrix and sums over moments of M."""
    # P(M) by a transfer matrix that carries a phase, and a Fourier transform over it.
    spins, angles = 64, 2 * np.pi * np.arange(65) / 65
    s = np.array([1.0, -1.0])
    bond = np.exp((np.outer(s, s) + field * (s[:, None] + s) / 2) / temperature)
    ups = np.exp(1j * angles[:, None] * (s + 1) / 2)
    z = np.array([np.trace(np.linalg.matrix_power(bond * up, spins)) for up in ups])
    p = np.real(np.fft.fft(z)) / 65
    p /= p.sum()
    m = 2 * np.arange(65) / spins - 1
    mean = p @ m
    return mean, spins * (p @ m**2 - mean**2) / temperature, 1 - p @ m**4 / (3 * (p @ m**2) ** 2)


def eight_by_eight(temperature: float) -> tuple[float, float, float]:
    """⟨|m|⟩, χ and U of the periodic 8 × 8 lattice, by the transfer matrix of its rows and the law of M."""
    rows = 1.0 - 2 * (np.arange(256)[:, None] >> np.arange(8) & 1)
    within = (rows * np.roll(rows, 1, 1)).sum(1)
    bond = np.exp((rows @ rows.T + (within[:, None] + within) / 2 - 16) / temperature)
    up = (rows.sum(1) + 8) / 2
    # The law is even in M: half of the angles are enough.
    angles = 2 * np.pi * np.arange(33) / 65
    z = [np.trace(np.linalg.matrix_power(bond * np.exp(1j * angle * up), 8)) for angle in angles]
    p = np.fft.irfft(np.conj(z), 65)
    p /= p.sum()
    m = np.abs(2 * np.arange(65) / 64 - 1)
    return p @ m, 64 * (p @ m**2 - (p @ m) ** 2) / temperature, 1 - p @ m**4 / (3 * (p @ m**2) ** 2)


def of_rows(
    temperature: float, field: float, signs: np.ndarray | None = None
) -> tuple[float, float, float, float]:
    """E/N, ⟨m⟩, χ and C of the periodic 8 × 8 lattice by the transfer matrices of its rows, and differences."""
    rows = 1.0 - 2 * (np.arange(256)[:, None] >> np.arange(8) & 1)
    signs = np.ones((2, 8, 8)) if signs is None else signs

    def log_z(beta: float, h: float) -> float:
        product, scale = np.eye(256), 0.0
        for down, right in zip(*signs, strict=True):
            within = beta * ((right * rows * np.roll(rows, -1, 1)).sum(1) + h * rows.sum(1))
            bond = within[:, None] + beta * (down * rows) @ rows.T
            product = product @ np.exp(bond - bond.max())
            scale += bond.max() + np.log(product.max())
            product /= product.max()
        return scale + float(np.log(np.trace(product)))

    beta, d = 1 / temperature, 1e-3
    low, middle, high = (log_z(beta * (1 + k * d), field) for k in (-1, 0, 1))
    less, more = (log_z(beta, field + k * d) for k in (-1, 1))
    energy, heat = (low - high) / (2 * d * beta), (low + high - 2 * middle) / d**2
    mean, response = (more - less) / (2 * d * beta), (more + less - 2 * middle) / (d**2 * beta)
    return energy / 64, mean / 64, response / 64, heat / 64


@pytest.fixture(scope="module")
def small() -> LatticeSweep:
    return lattice_sweep(SMALL)


def test_energies_and_heat_capacities_are_kaufmans(small: LatticeSweep) -> None:
    found = small.averages(8)
    for (value, error), exact in (
        (found.energy, lattice_energy(SMALL.values, 8)),
        (found.heat_capacity, lattice_heat_capacity(SMALL.values, 8)),
    ):
        assert (error > 0).all()
        np.testing.assert_allclose((value - exact) / error, 0, atol=FEW_ERRORS)
    assert found.is_long_enough.all()
    assert (found.memory > 0.5).all()
    assert small.is_complete
    assert small.share == 1


def test_magnetisation_susceptibility_and_cumulant_are_those_of_the_law_of_m(small: LatticeSweep) -> None:
    found = small.averages(8)
    pairs = zip((found.magnetisation, found.susceptibility, found.cumulant), eight_by_eight(2.5), strict=True)
    for (value, error), exact in pairs:
        assert value[1] == pytest.approx(exact, abs=FEW_ERRORS * error[1])


def test_a_weak_field_has_the_averages_of_both_of_its_phases() -> None:
    """At T = 2.27 and h = 0.1 spins are down with 1%, which few chains see, and which χ mostly comes from."""
    plan = replace(SMALL, low=2.27, high=2.37, points=2, fixed=0.1, sampler="heat-bath", copies=20, steps=300)
    found = lattice_sweep(plan).averages(8)
    exact = of_rows(2.27, 0.1)
    pairs = (found.energy, found.magnetisation, found.susceptibility, found.heat_capacity)
    for (value, error), number in zip(pairs, exact, strict=True):
        assert value[0] == pytest.approx(number, abs=FEW_ERRORS * error[0])


def test_frozen_copies_are_not_measured_for_long_enough() -> None:
    """Random signs at T = 0.2: copies lie in different valleys, whose mean energy is above that of all states."""
    plan = SweepPlan("random", (8,), low=0.2, high=0.25, points=2, sampler="heat-bath", copies=12, steps=200)
    found = lattice_sweep(plan).averages(8)
    signs = SpinLattice("random", 8, plan.seed).term(0.0).signs.numpy()
    exact = of_rows(0.2, 0.0, signs)[0]
    assert found.energy.value[0] > exact + found.energy.error[0]
    assert not found.is_long_enough[0]


def test_what_never_changed_has_no_error() -> None:
    found = lattice_sweep(replace(SMALL, low=0.3, high=0.4, points=2, copies=4, steps=20)).averages(8)
    assert np.isnan(found.energy.error).all()
    assert np.isinf(found.memory).all()
    assert not found.is_long_enough.any()


def test_copies_that_are_moved_in_groups_are_measured_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("landscape_app.session.lattice_sweep.TOGETHER", 5 * 64)
    plan = replace(SMALL, points=2, copies=12, steps=60)
    value, error = lattice_sweep(plan).averages(8).energy
    np.testing.assert_allclose((value - lattice_energy(plan.values, 8)) / error, 0, atol=FEW_ERRORS)


def test_a_sweep_over_the_field_has_the_rings_averages() -> None:
    plan = SweepPlan(
        graph="chain",
        sides=(8,),
        over="field",
        low=-0.4,
        high=0.6,
        points=3,
        fixed=1.2,
        copies=24,
        warm_up=40,
        steps=100,
    )
    found = lattice_sweep(plan).averages(8)
    for k, field in enumerate(plan.values):
        exact = free_ends(1.2, float(field))
        for (value, error), number in zip(
            (found.magnetisation, found.susceptibility, found.cumulant), exact, strict=True
        ):
            assert value[k] == pytest.approx(number, abs=FEW_ERRORS * error[k])
    assert lattice_sweep(replace(plan, points=2)).crossings() == []


def test_errors_are_the_spread_of_repeated_sweeps() -> None:
    """Pulls of energies from Kaufman's, by single spins that remember each other from step to step."""
    plan = SweepPlan(
        sides=(8,), low=2.3, high=2.9, points=2, sampler="heat-bath", copies=12, warm_up=40, steps=20
    )
    pulls = []
    for seed in range(8):
        value, error = lattice_sweep(replace(plan, seed=seed)).averages(8).energy
        pulls.append((value - lattice_energy(plan.values, 8)) / error)
    # 16 pulls of 11 degrees of freedom: their spread is 1.10, known to 18%.
    assert 0.5 < np.std(pulls) < 1.8


def test_the_crossing_is_near_the_critical_point() -> None:
    plan = SweepPlan(sides=(8, 16), low=2.2, high=2.35, points=4, copies=20, warm_up=30, steps=100)
    (crossing,) = lattice_sweep(plan).crossings()
    temperature, error = crossing.temperature
    assert crossing.sides == (8, 16)
    assert error < 0.03
    assert temperature == pytest.approx(CRITICAL_TEMPERATURE, abs=4 * error + 0.02)
    assert crossing.cumulant[0] == pytest.approx(0.6107, abs=4 * crossing.cumulant[1] + 0.01)


def test_a_sweep_that_was_interrupted_ends_as_one_that_was_not(small: LatticeSweep, tmp_path: Path) -> None:
    path, sweep = tmp_path / "sweep.h5", LatticeSweep(SMALL)
    shares = []
    while not np.isfinite(sweep.memory[8][0]):
        sweep.step()
        shares.append(sweep.share)
    assert shares == sorted(shares)
    assert "T = 2.5" in sweep.doing
    assert sweep.averages(8).energy.value[0] == small.averages(8).energy.value[0]
    assert np.isnan(sweep.averages(8).energy.value[1])
    save_sweep(sweep, path)
    again = open_sweep(path)
    assert again.plan == SMALL
    assert again.share == pytest.approx(1 / 3)
    assert not again.is_complete
    done = lattice_sweep(SMALL, path)
    np.testing.assert_array_equal(done.moments[8], small.moments[8])
    assert open_sweep(path).is_complete
    assert done.doing == "Done"
    with pytest.raises(ValueError, match="another sweep"):
        lattice_sweep(replace(SMALL, seed=1), path)


def test_files_of_something_else_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.h5"
    write_run(path, RunState({}, {"kind": "experiment"}, {}, {"x": np.zeros(2)}))
    with pytest.raises(RunFileError, match="no sweep"):
        open_sweep(path)
    write_run(
        path, RunState({"graph": "cubic", "sides": [8]}, {"kind": "lattice sweep"}, {}, {"x": np.zeros(2)})
    )
    with pytest.raises(RunFileError, match="not a whole sweep"):
        open_sweep(path)
    with pytest.raises(RunFileError):
        open_sweep(tmp_path / "none.h5")


def test_the_table_has_every_point_with_its_error(small: LatticeSweep, tmp_path: Path) -> None:
    path = tmp_path / "sweep.csv"
    write_table(small, path)
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    found = small.averages(8)
    assert [float(row["T (J/k_B)"]) for row in rows] == SMALL.values.tolist()
    assert {row["L"] for row in rows} == {"8"}
    for name, (value, error) in (("E/N (J)", found.energy), ("Binder U", found.cumulant)):
        assert [float(row[name]) for row in rows] == value.tolist()
        assert [float(row[f"error of {name}"]) for row in rows] == error.tolist()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"low": 0.0}, "above 0"),
        ({"low": -1.0}, "above 0"),
        ({"low": 3.0}, "smaller number to a larger"),
        ({"high": math.nan}, "smaller number to a larger"),
        ({"sides": ()}, "one to 6 sides"),
        ({"sides": (16, 8)}, "rising"),
        ({"sides": (9,)}, "even number from 8 to 256"),
        ({"points": 1}, "points must be a whole number from 2"),
        ({"copies": 1}, "copies must be"),
        ({"steps": 3}, "steps must be"),
        ({"warm_up": -1}, "warm up must be"),
        ({"sampler": "none"}, "no sampler"),
        ({"graph": "none"}, "no graph"),
        ({"over": "time"}, "temperature or the field"),
        ({"over": "field", "low": -1.0, "fixed": 0.0}, "above 0"),
        ({"sides": (256,), "copies": 1_000}, "at most 64 copies"),
        ({"copies": 1_000, "steps": 100_000}, "at most 20,000 steps"),
    ],
)
def test_choices_that_cannot_be_are_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(SMALL, **change)  # type: ignore[arg-type]
