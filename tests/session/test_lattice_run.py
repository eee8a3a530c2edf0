"""Lattices on view: averages against sums over states and exact results, and what changes while they run."""

import math

import numpy as np
import pytest
from scipy.signal import lfilter

from landscape_app.physics.diagnostics import LONG_RUN
from landscape_app.physics.estimate import Estimate
from landscape_app.physics.spin_lattices import GRAPHS, SAMPLERS, SpinLattice
from landscape_app.physics.square_lattice import lattice_energy
from landscape_app.session.lattice_run import TRACE, LatticeConditions, LatticeMeasurement, LatticeRun


def run_of(
    graph: str = "square",
    side: int = 8,
    count: int = 1,
    temperature: float = 2.5,
    field: float = 0.0,
    sampler: str = "heat-bath",
    start: str = "random",
    seed: int = 0,
) -> LatticeRun:
    return LatticeRun(
        SpinLattice(graph, side), count, LatticeConditions(temperature, field, sampler), start, seed
    )


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_graph_is_measured_under_every_sampler(graph: str, sampler: str) -> None:
    run = run_of(graph, count=4, sampler=sampler, field=0.1)
    assert run.measurement() is None
    for _ in range(20):
        run.step()
    found, trace = run.measurement(), run.trace()
    assert found is not None
    x = run._chains.x.numpy().reshape(4, -1)
    energy = run.lattice.term(0.1).energy(run._chains.x).numpy() / 64
    assert trace.energies[-1] == pytest.approx(energy.mean(), abs=1e-5)
    assert trace.magnetisations[-1] == pytest.approx(np.abs(x.mean(1)).mean(), abs=1e-6)
    assert np.array_equal(run.picture().reshape(4, -1), x > 0)
    assert found.steps == 20
    width = found.bars[1] - found.bars[0]
    assert found.density.sum() * width == pytest.approx(1)
    assert (found.correlation is not None) == (graph in ("square", "free", "chain"))
    assert 0 < found.turned <= 1


def test_means_have_the_errors_that_their_memory_gives_them() -> None:
    """Heat bath at T = 3, where 16 × 16 spins remember for some ten sweeps: 8 runs lie about Kaufman's energy."""
    exact = float(lattice_energy(np.array([3.0]), 16)[0])
    pulls = []
    for seed in range(8):
        run = run_of(side=16, temperature=3.0, seed=seed)
        for _ in range(700):
            run.step()
        found = run.measurement()
        assert found is not None
        assert found.memory > 3
        assert found.is_long
        pulls.append((found.energy.value - exact) / found.energy.error)
    # The spread of 8 pulls is known to 25%, their mean to 0.35; short runs know their errors to 15% themselves.
    assert 0.3 < np.std(pulls) < 2.2
    assert abs(np.mean(pulls)) < 1.4


def fed(time: float, steps: int, seed: int = 0) -> tuple[Estimate, Estimate, float, bool]:
    """Means of a run that is told of Gaussian numbers with mean 0, variance 1 and an autocorrelation time."""
    run, rho = run_of(), (time - 1) / (time + 1)
    noise = np.random.default_rng(seed).standard_normal((steps, 2)) * math.sqrt(1 - rho**2)
    noise[0] /= math.sqrt(1 - rho**2)
    for energy, m in lfilter([1.0], [1.0, -rho], noise, axis=0):
        run._blocks.add(float(energy), float(m))
    means = run._means()
    assert means.is_long == (means.times >= LONG_RUN)
    return means.energy, means.magnetisation, means.memory, means.is_long


def test_averages_go_on_for_as_long_as_the_lattice_does() -> None:
    """Of 60,000 numbers, two thirds of which count, with τ = 40: the error is √(40/40,000), and the blocks are 64."""
    pulls = []
    for seed in range(6):
        energy, m, memory, is_long = fed(40, 60_000, seed)
        assert is_long
        assert memory == pytest.approx(40, rel=0.4)
        for found in (energy, m):
            assert found.error == pytest.approx(math.sqrt(40 / 40_000), rel=0.25)
            pulls.append(found.value / found.error)
    assert 0.5 < np.std(pulls) < 1.8


@pytest.mark.parametrize("time", [2_000, 20_000])
def test_no_error_is_stated_where_chains_are_too_correlated_to_know_it(time: float) -> None:
    """4,000 numbers of which 2,667 count are at most 1.3 τ: τ is no more than a bound, and so would an error be."""
    for seed in range(8):
        energy, m, memory, is_long = fed(time, 4_000, seed)
        assert not is_long
        assert math.isnan(energy.error)
        assert math.isnan(m.error)
        assert memory < time


def measured(steps: int, **choices: object) -> LatticeMeasurement:
    run = run_of(**choices)  # type: ignore[arg-type]
    for _ in range(steps):
        run.step()
    found = run.measurement()
    assert found is not None
    return found


def test_what_has_not_changed_has_no_error() -> None:
    """At T = 0.9 the energy of 8 × 8 spins is −1.9989, by Kaufman's sum: 60 sweeps from all up may see −2 alone."""
    exact, still = float(lattice_energy(np.array([0.9]), 8)[0]), 0
    for seed in range(8):
        energy = measured(60, temperature=0.9, start="up", seed=seed).energy
        assert math.isnan(energy.error) or abs(energy.value - exact) < 5 * energy.error
        still += math.isnan(energy.error) and energy.value == pytest.approx(-2, abs=1e-6)
    assert still


def test_lattices_in_different_valleys_have_no_error() -> None:
    """Random signs at T = 0.4: each of 16 lattices moves in the valley that it came to, and does not leave it."""
    found = measured(300, graph="random", count=16, temperature=0.4)
    assert math.isnan(found.energy.error)
    assert math.isinf(found.times)
    assert math.isfinite(measured(300, graph="random", count=16, temperature=3.0).energy.error)


def test_lattices_against_the_field_have_no_error() -> None:
    """At T = 1.5 a field of 0.05 holds 8 × 8 spins up with 99%, and those that began down stay there."""
    run = run_of(temperature=1.5, start="up", field=-0.05)
    for _ in range(400):
        run.step()
    against = run.measurement()
    assert against is not None
    assert not against.is_long
    assert math.isnan(against.energy.error)
    run.set_conditions(LatticeConditions(1.5, 0.05, "heat-bath"))
    for _ in range(400):
        run.step()
    along = run.measurement()
    assert along is not None
    assert along.is_long


def test_the_correlation_length_of_the_ring_is_its_closed_form() -> None:
    run = run_of("chain", side=16, count=64, temperature=1.0, sampler="swendsen-wang")
    for _ in range(60):
        run.step()
        run.measurement()
    found = run.measurement()
    assert found is not None
    t = math.tanh(1.0)
    assert found.correlation is not None
    # 64 rings of 256 spins, measured 60 times, hold some 10⁵ independent lengths.
    assert found.correlation[:8] == pytest.approx(t ** np.arange(8), abs=0.02)
    assert found.length == pytest.approx(math.sqrt(t) / (1 - t), rel=0.08)


def test_the_histogram_is_even_where_spins_are_free() -> None:
    """At T = 1,000 spins are fair coins: bars are sums of binomial probabilities, as many levels in each."""
    from scipy.stats import binom, chi2

    run = run_of(side=16, count=64, temperature=1_000.0)
    for _ in range(40):
        run.step()
    found = run.measurement()
    assert found is not None
    width = found.bars[1] - found.bars[0]
    up = np.arange(257)
    levels = 2 * up / 256 - 1
    expected = np.array(
        [binom.pmf(up, 256, 0.5)[np.abs(levels - bar) < width / 2].sum() for bar in found.bars]
    )
    assert expected.sum() == pytest.approx(1)
    draws = 64 * found.steps
    assert 20 <= found.steps < 40
    counts = found.density * width * draws
    large = expected * draws > 5
    statistic = ((counts - draws * expected)[large] ** 2 / (draws * expected)[large]).sum()
    assert chi2.sf(statistic, large.sum()) > 1e-4


def test_changes_act_on_the_running_lattice_and_begin_averages_anew() -> None:
    run = run_of(side=16, temperature=5.0)
    for _ in range(50):
        run.step()
    before = run.picture()
    run.set_conditions(LatticeConditions(0.5, 2.0, "heat-bath"))
    assert np.array_equal(run.picture(), before)
    assert run.measurement() is None
    assert run.trace().since == 50
    for _ in range(20):
        run.step()
    assert run.trace().magnetisations[-1] > 0.99
    run.set_conditions(run.conditions._replace(sampler="wolff", field=0.0))
    run.step()
    assert run.steps == 71


def test_traces_reach_back_so_far_and_no_farther() -> None:
    run = run_of(side=8)
    for _ in range(2 * TRACE + 5):
        run._note(run.steps, 0.0, 0.0)
        run.steps += 1
    trace = run.trace()
    assert np.array_equal(trace.steps, np.arange(TRACE + 5, 2 * TRACE + 5))


def test_the_same_seed_gives_the_same_spins() -> None:
    first, second = run_of(seed=3), run_of(seed=3)
    for _ in range(5):
        first.step()
        second.step()
        second.measurement()
    assert np.array_equal(first.picture(), second.picture())
    assert (run_of(start="up").picture() == 1).all()


def test_what_cannot_be_is_refused_and_changes_nothing() -> None:
    run = run_of()
    for bad, words in (
        (LatticeConditions(0.0, 0.0, "heat-bath"), "above 0"),
        (LatticeConditions(-1.0, 0.0, "heat-bath"), "above 0"),
        (LatticeConditions(1.0, math.nan, "heat-bath"), "field"),
        (LatticeConditions(1.0, 0.0, "none"), "no sampler"),
    ):
        with pytest.raises(ValueError, match=words):
            run.set_conditions(bad)
        assert run.conditions == LatticeConditions(2.5, 0.0, "heat-bath")
    run.step()
    for count in (0, 5_000):
        with pytest.raises(ValueError, match="number of lattices must be from 1 to 4,096"):
            run_of(count=count)
