"""log Z, entropy and heat capacity of a ladder, against enumeration, scipy and a closed form."""

import math

import numpy as np
import pytest
import scipy.optimize
import scipy.special
import scipy.stats
import torch

from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.entropy import (
    DistinctStates,
    LadderEnergies,
    Thermometry,
    acceptance_ratio,
    held_to_bounds,
    measure,
    measure_from_both_sides,
)
from landscape_app.physics.estimate import Estimate
from landscape_app.physics.exact import ExactModel, exact_figures
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import DiscreteLangevin, SingleSite
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.space import Levels, Spins
from tests.physics.exact import Hole, coupled_target
from tests.physics.recorded import record_energies


def recorded(target: Target, columns: int, steps: int, seed: int) -> LadderEnergies:
    ladder = Ladder(columns, target, DiscreteLangevin(), torch.Generator().manual_seed(seed), 5)
    for _ in range(3):
        ladder.run(25)
        ladder.respace()
    ladder.run(30)
    return record_energies(ladder, steps)


def test_everything_measured_agrees_with_enumeration() -> None:
    target, _ = coupled_target(Levels((2, 3), 4), seed=60)
    exact = ExactModel(target)
    found = measure(recorded(target, 64, 150, seed=0))
    model = exact.at()
    for estimate, truth in (
        (found.log_partition, model.log_partition),
        (found.entropy, model.entropy),
        (found.energy, model.energy),
    ):
        assert estimate.value == pytest.approx(truth, abs=4 * estimate.error)
        assert estimate.error < 0.1
    for i, beta in enumerate(found.betas.tolist()):
        there = exact.at(beta)
        error = 4 * float(found.heat_capacity_error[i]) + 1e-9
        assert float(found.heat_capacity[i]) == pytest.approx(there.heat_capacity, abs=error)
    assert found.is_connected


def test_sums_over_energies_too_large_for_single_precision_have_an_error() -> None:
    """The energies of CoupledLevels, 10⁶ times as large, are off by tenths of a nat when they are rounded."""
    space, scale = Levels((2, 2), 3), 1e6
    small, coupled = coupled_target(space, seed=60)
    exact = ExactModel(small)
    assert exact_figures(small, exact.x[:2], exact.x[:2]).rounding == 0  # type: ignore[union-attr]
    large = Target(small.base_measure, Hamiltonian([WeightedTerm(scale, coupled)]))
    true = exact.at(scale).log_partition
    likely = exact.x[[int(exact.energy.argmin())]]
    found = exact_figures(large, likely, likely)
    assert found is not None
    assert abs(found.log_partition - true) <= 4 * found.rounding < 4 * 1e-6 * abs(true)
    # A discrete state is no likelier than certain.
    assert found.cross_entropy > -4 * found.rounding
    assert found.entropy_error == found.rounding


def test_error_bars_are_as_wide_as_the_scatter() -> None:
    """Forty runs side by side: log Z and S scatter by their stated errors, within χ²'s own scatter."""
    target, _ = coupled_target(Levels((2, 2), 4), seed=61)
    model = ExactModel(target).at()
    together = recorded(target, 40 * 24, 30, seed=0)
    energies, log_q = together.energy.chunk(40, dim=2), together.log_q.chunk(40, dim=1)
    runs = [measure(LadderEnergies(together.betas, *one)) for one in zip(energies, log_q, strict=True)]
    for name, truth in (("log_partition", model.log_partition), ("entropy", model.entropy)):
        scores = [(getattr(run, name).value - truth) / getattr(run, name).error for run in runs]
        ratio = float(np.mean(np.square(scores)))
        # Student's t of 23 degrees of freedom has variance 23/21.
        assert 0.5 < ratio / (23 / 21) < 1.7, name


def test_acceptance_ratio_solves_bennett_s_equation() -> None:
    rng = np.random.default_rng(0)
    lower, upper = rng.normal(3, 2, (50, 1, 7)), rng.normal(-1, 2, (50, 1, 7))

    def balance(f: float) -> float:
        return float(scipy.special.expit(f - lower).sum() - scipy.special.expit(upper - f).sum())

    root = scipy.optimize.brentq(balance, -50, 50, xtol=1e-12)
    ours = acceptance_ratio(torch.as_tensor(lower), torch.as_tensor(upper))
    assert float(ours) == pytest.approx(root, abs=1e-9)


def test_log_partition_of_gaussian_energies_is_their_cumulants() -> None:
    """Energies of density N(μ − βσ², σ²) at every β: log Z(β) = −βμ + β²σ²/2."""
    rng = np.random.default_rng(1)
    betas = torch.linspace(0, 1, 5, dtype=torch.float64)
    mean, deviation = 10.0, 3.0
    energy = np.stack([rng.normal(mean - b * deviation**2, deviation, (400, 32)) for b in betas], axis=1)
    found = measure(LadderEnergies(betas, torch.as_tensor(energy), torch.zeros(400, 32, dtype=torch.float64)))
    error = found.log_partition.error
    assert found.log_partition.value == pytest.approx(-mean + deviation**2 / 2, abs=4 * error)
    capacity = (betas**2 * deviation**2).numpy()
    np.testing.assert_allclose(found.heat_capacity, capacity, atol=0.4)


def test_ends_that_do_not_overlap_are_seen() -> None:
    energy = torch.stack([torch.full((10, 4), 100.0), torch.full((10, 4), 0.0)], dim=1).double()
    energy += torch.randn(energy.shape, generator=torch.Generator().manual_seed(2)).double()
    found = measure(LadderEnergies(torch.tensor([0.0, 1.0]).double(), energy, torch.zeros(10, 4).double()))
    assert not found.is_connected


def test_between_ends_that_do_not_overlap_there_is_a_bound() -> None:
    """Energies that are normal under q with mean m, deviation s: log Z(β) = −β m + β² s²/2, ⟨H⟩ = m − β s²."""
    rng = np.random.default_rng(3)
    mean, deviation = 100.0, 12.0
    betas = torch.tensor([0.0, 0.05, 1.0], dtype=torch.float64)
    energy = np.stack([rng.normal(mean - b * deviation**2, deviation, (400, 32)) for b in betas], axis=1)
    log_q = torch.full((400, 32), -5.0, dtype=torch.float64)
    found = measure(LadderEnergies(betas, torch.as_tensor(energy), log_q))
    assert not found.is_connected
    near = -0.05 * mean + 0.05**2 * deviation**2 / 2
    bound = near - 0.95 * (mean - deviation**2)
    # Two errors above what is found, of at most 0.2 nats each: 0.95 · 12/√12,800 and the other interval's.
    assert found.log_partition.high == pytest.approx(bound, abs=1.2)
    assert found.log_partition.high > -mean + deviation**2 / 2
    assert found.log_partition.low == -math.inf
    # S = log Z + ⟨H⟩ + 5, where the energy above the gap cancels to a twentieth.
    assert found.entropy.high == pytest.approx(bound + mean - deviation**2 + 5, abs=1.2)


def test_measuring_needs_columns_and_finite_energies() -> None:
    betas = torch.tensor([0.0, 1.0]).double()
    with pytest.raises(ValueError, match="at least two"):
        measure(LadderEnergies(betas, torch.zeros(5, 2, 1).double(), torch.zeros(5, 1).double()))
    with pytest.raises(ValueError, match="not finite"):
        measure(LadderEnergies(betas, torch.full((5, 2, 3), torch.nan).double(), torch.zeros(5, 3).double()))


def test_recording_freezes_the_step_sizes() -> None:
    target, _ = coupled_target(Levels((2, 2), 3), seed=62)
    ladder = Ladder(8, target, DiscreteLangevin(), torch.Generator().manual_seed(3), 4)
    before = list(ladder.kernel.step_sizes)
    energies = record_energies(ladder, 12)
    assert ladder.kernel.step_sizes == before
    assert ladder.adapt
    assert energies.energy.shape == (12, 4, 8)


def test_distinct_states_are_those_that_numpy_finds() -> None:
    x = torch.randint(0, 3, (300, 2, 3), generator=torch.Generator().manual_seed(3)).float()
    known, more = x[:150], x[150:]
    states = DistinctStates(known)
    first = np.sort(np.unique(known.flatten(1).numpy(), axis=0, return_index=True)[1])
    assert states.places.tolist() == first.tolist()
    seen = {row.tobytes() for row in known.numpy()}
    new = states.not_among(more)
    assert {row.tobytes() for row in more[new].numpy()} == {row.tobytes() for row in more.numpy()} - seen
    assert len(new) == len({row.tobytes() for row in more[new].numpy()})


def test_an_estimate_below_the_sum_over_states_that_were_seen_has_failed() -> None:
    target, _ = coupled_target(Levels((2, 3), 4), seed=60)
    exact = ExactModel(target)
    found = measure(recorded(target, 64, 150, seed=0))
    surprisal = exact.energy - exact.log_q
    # The states that are likeliest, of nine tenths of the probability, and all of them.
    likely = surprisal[
        surprisal.argsort()[
            : int((exact.log_weights().sort(descending=True).values.exp().cumsum(0) < 0.9).sum())
        ]
    ]
    truth = exact.at().log_partition
    held = held_to_bounds(found, likely)
    assert held.log_partition == found.log_partition
    within = held_to_bounds(found, surprisal)
    assert not within.log_partition.is_bracket
    assert within.log_partition.value == pytest.approx(max(truth, found.log_partition.value), abs=1e-9)
    shift = found.log_partition.value - 4 * found.log_partition.error - 0.01
    wrong = found._replace(
        log_partition=Estimate(min(shift, truth - 4 * found.log_partition.error), found.log_partition.error)
    )
    failed = held_to_bounds(wrong, surprisal)
    # Nothing but the bound is known then.
    assert failed.log_partition.low == pytest.approx(truth, abs=1e-9)
    assert failed.log_partition.high == math.inf
    assert f"{failed.entropy:.2f}" == "not known"


def test_no_error_bar_excuses_a_nat_and_no_entropy_is_negative() -> None:
    target, _ = coupled_target(Levels((2, 3), 4), seed=60)
    exact = ExactModel(target)
    found = measure(recorded(target, 64, 30, seed=0))
    surprisal, truth = exact.energy - exact.log_q, exact.at().log_partition
    vague = found._replace(log_partition=Estimate(truth - 1.5, 50.0))
    assert held_to_bounds(vague, surprisal).log_partition.is_bracket
    negative = found._replace(log_partition=Estimate(truth, 0.1), entropy=Estimate(-0.5, 0.1))
    assert held_to_bounds(negative, surprisal[:5]).log_partition.is_bracket
    nearly = found._replace(log_partition=Estimate(truth, 0.1), entropy=Estimate(-0.2, 0.1))
    assert not held_to_bounds(nearly, surprisal[:5]).log_partition.is_bracket
    assert held_to_bounds(nearly, surprisal[:5]).entropy.value == 0
    infinite = found._replace(log_partition=Estimate(float("nan"), 0.1))
    assert held_to_bounds(infinite, surprisal).log_partition.is_bracket


@pytest.mark.parametrize("depth", [0.0, 3.0, 12.0, 25.0])
def test_two_sides_hold_the_truth_where_chains_from_the_base_do_not_find_a_state(depth: float) -> None:
    """Eighteen spins, one state of weight exp(depth): P of it is 4e-6, 8e-5, 0.38 and 0.999996."""
    target = Target(
        ProductBase.uniform(Spins((18,))),
        Hamiltonian([WeightedTerm(1.0, Hole(depth))]),  # type: ignore[arg-type]
    )
    truth = ExactModel(target).at()
    ladder = Ladder(24, target, SingleSite(), torch.Generator().manual_seed(5), 8)
    ladder.run(60)
    ladder.restart(torch.ones(12, 18))
    ladder.retarget(target)
    ladder.run(60)
    found = measure_from_both_sides(record_energies(ladder, 120), torch.arange(24) >= 12)
    for estimate, exact in ((found.log_partition, truth.log_partition), (found.entropy, truth.entropy)):
        if estimate.is_bracket:
            assert estimate.low <= exact <= estimate.high
        else:
            # Five errors of 24 columns.
            assert estimate.value == pytest.approx(exact, abs=5 * estimate.error + 1e-3)
    if depth == 25.0:
        assert found.log_partition.is_bracket


def test_what_two_sides_differ_by_goes_into_the_error() -> None:
    rng = np.random.default_rng(4)
    betas = torch.tensor([0.0, 1.0], dtype=torch.float64)

    def found(shift: float) -> Estimate:
        """Normal energies of equal laws at both temperatures but for half of the columns, which lie lower."""
        energy = rng.normal(0, 0.1, (50, 2, 24))
        energy[:, :, 12:] -= shift
        return measure_from_both_sides(
            LadderEnergies(betas, torch.as_tensor(energy), torch.zeros(50, 24, dtype=torch.float64)),
            torch.arange(24) >= 12,
        ).log_partition

    near, apart, far = found(0.0), found(0.4), found(3.0)
    assert near.error < 0.01
    assert apart.error == pytest.approx(0.2, abs=0.05)
    assert far.is_bracket
    assert far.low == pytest.approx(0.0, abs=0.1)
    assert far.high == pytest.approx(3.0, abs=0.1)


def test_estimates_are_written_with_their_error_or_their_bounds() -> None:
    assert f"{Estimate(1.234, 0.056):.2f}" == "1.23 ± 0.06"
    assert f"{Estimate(1.234, 0.0):.2f}" == "1.23"
    assert f"{Estimate.between(1.0, 2.5):.1f}" == "1.0 to 2.5"
    assert f"{Estimate.between(-math.inf, 2.5):.1f}" == "at most 2.5"
    assert f"{Estimate.between(1.0, math.inf):.1f}" == "at least 1.0"
    assert f"{Estimate.between(-math.inf, math.inf):.1f}" == "not known"
    assert Estimate(1.0, 0.3).plus(2.0, 0.4) == pytest.approx(Estimate(3.0, 0.5))
    assert Estimate.between(1.0, 2.0).plus(1.0, 0.1)[2:] == pytest.approx((1.8, 3.2))


def test_two_sides_that_pass_each_other_on_their_ways_have_not_met() -> None:
    """Energies of density N(μ − βσ², σ²), log Z = −μ + σ²/2, from ladders that come to them from both sides."""
    rng = np.random.default_rng(3)
    steps, columns, mean, deviation = 40, 24, 10.0, 3.0
    betas = torch.linspace(0, 1, 5, dtype=torch.float64)
    from_data = torch.arange(columns) >= columns // 2

    def found(distance: float) -> Thermometry:
        """Both sides begin so many nats from where they belong, and are there at the end."""
        energy = np.stack(
            [rng.normal(mean - b * deviation**2, deviation, (steps, columns)) for b in betas], axis=1
        )
        left = distance * np.linspace(1, 0, steps)[:, None, None] * betas.numpy()[:, None]
        energy += left * np.where(from_data, -1.0, 1.0)
        # Each data column has melted to another depth.
        energy += betas.numpy()[:, None] * np.where(from_data, rng.normal(0, 1.5 * distance, columns), 0.0)
        log_q = torch.zeros(steps, columns, dtype=torch.float64)
        return measure_from_both_sides(LadderEnergies(betas, torch.as_tensor(energy), log_q), from_data)

    arrived, passing = found(0.0), found(8.0)
    truth = -mean + deviation**2 / 2
    assert arrived.log_partition.value == pytest.approx(truth, abs=5 * arrived.log_partition.error)
    assert arrived.agree
    assert passing.log_partition.is_bracket
    assert passing.log_partition.low < truth < passing.log_partition.high
    assert not passing.agree
