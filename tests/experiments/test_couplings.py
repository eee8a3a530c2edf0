"""The four ways on a data set at hand: against the truth where it is known, and one another where it is not."""

import math

import numpy as np
import pytest

from landscape_app.data import ising
from landscape_app.experiments.boltzmann import EXACT, MEAN_FIELD, PSEUDO, lattice, least_error
from landscape_app.experiments.couplings import (
    LEAST_SAMPLES,
    CouplingsOfData,
    GivenSamples,
    differences,
    known_truth,
    rms,
)
from landscape_app.experiments.figure import Marker, Points

SMALL = {"epochs": 60.0}


def samples(side: int = 3, count: int = 1_000) -> np.ndarray:
    return ising(coupling=0.3, side=side, samples=count, seed=1).training_items


def test_the_truth_of_the_ising_problem_is_known_and_that_of_others_is_not() -> None:
    truth = known_truth("ising", (4, 4))
    assert truth is not None
    np.testing.assert_array_equal(truth.symmetric.detach(), lattice(4, 0.4).symmetric.detach())
    assert known_truth("ising", (3, 3)) is None
    assert known_truth("letters", (4, 4)) is None


def test_root_mean_square_and_its_error() -> None:
    """Of normal numbers of deviation 2: 2, within a standard error of 2/√(2n)."""
    values = 2 * np.random.default_rng(0).standard_normal(5_000)
    found = rms(values)
    assert found.error == pytest.approx(2 / math.sqrt(10_000), rel=0.1)
    assert abs(found.value - 2) < 4 * found.error


def test_with_the_truth_errors_are_those_of_the_couplings_over_the_limit() -> None:
    truth = lattice(3, 0.3)
    given = GivenSamples(samples(), truth)
    assert given.limit == least_error(truth, 1_000)
    *_, last = CouplingsOfData("couplings-mine", "mine", given).start(SMALL)
    assert [finding.figure for finding in last.findings] == ["exact", "chains", "pseudo-likelihood"]
    assert last.findings[0].passed
    errors = last.figure.rows[0][1]
    (limit,) = [mark for mark in errors.marks if isinstance(mark, Marker)]
    assert limit.at == given.limit.error
    dots = [mark for mark in errors.marks if isinstance(mark, Points)]
    assert [dot.x[0] for dot in dots] == [0, 1, 2, 3]
    assert all(dot.error is not None and 0 < dot.error[0] < dot.y[0] for dot in dots)


def test_without_the_truth_others_are_compared_with_the_exact_likelihood() -> None:
    experiment = CouplingsOfData("couplings-mine", "mine", GivenSamples(samples()))
    *_, last = experiment.start({"epochs": 30.0})
    assert not last.findings
    panel = last.figure.rows[0][1]
    assert panel.title.startswith("Difference from exact likelihood")
    dots = [mark for mark in panel.marks if isinstance(mark, Points)]
    assert len(dots) == 3
    assert "exact likelihood" in experiment.summary


def test_many_spins_are_fitted_without_sums() -> None:
    x = (2 * np.random.default_rng(0).integers(0, 2, (LEAST_SAMPLES, 5, 5)) - 1).astype(np.int8)
    given = GivenSamples(x)
    assert EXACT not in given.ways
    assert given.ways[0] is PSEUDO
    assert given.limit_at(lattice(4, 0.4)) is None


def test_differences_are_those_of_all_couplings_and_fields() -> None:
    given = GivenSamples(samples())
    np.testing.assert_allclose(
        np.unique(differences(lattice(3, 0.3), lattice(3, 0.1), given.pairs).round(6)), [0.0, 0.2], atol=1e-6
    )
    assert MEAN_FIELD in given.ways


def test_few_items_hold_no_couplings() -> None:
    with pytest.raises(ValueError, match="100 items or more"):
        GivenSamples(samples()[:99])
    with pytest.raises(ValueError, match="16 spins, the items of 9"):
        GivenSamples(samples(), lattice(4, 0.4))
