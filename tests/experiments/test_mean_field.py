"""Mean field's bound: its truth against closed forms, its verdicts, and verdicts that know a wrong bound."""

import numpy as np
import pytest
import torch
from scipy import optimize, special

from landscape_app.experiments import mean_field as experiment
from landscape_app.experiments.experiment import Progress
from landscape_app.experiments.figure import Curve
from landscape_app.experiments.mean_field import (
    MeanFieldBounds,
    Summed,
    binder,
    graphs,
    infinite_magnetisation,
)

SMALL = {"temperatures": 5.0, "starts": 3.0}


@pytest.fixture(scope="module")
def small() -> list[Progress]:
    return list(MeanFieldBounds().start(SMALL))


def test_small_setting_passes_every_verdict(small: list[Progress]) -> None:
    assert small[-1].is_complete
    assert small[-1].has_passed, small[-1].findings
    shares = [progress.share for progress in small]
    assert shares == sorted(shares)


def test_free_energy_of_the_ring_is_that_of_the_transfer_matrix(small: list[Progress]) -> None:
    exact = small[-1].figure.panels[0].marks[0]
    assert isinstance(exact, Curve)
    n, k = experiment.SPINS, 1 / exact.x
    log_z = n * np.log(2 * np.cosh(k)) + np.log1p(np.tanh(k) ** n)
    assert exact.y == pytest.approx(-exact.x * log_z / n, rel=1e-6)


def test_free_energy_of_the_complete_graph_is_a_sum_over_its_magnetisation(small: list[Progress]) -> None:
    exact = small[-1].figure.panels[2].marks[0]
    assert isinstance(exact, Curve)
    n = experiment.SPINS
    total = 2 * np.arange(n + 1) - n
    energy = -(total**2 - n) / (2 * n)
    log_z = special.logsumexp(np.log(special.comb(n, np.arange(n + 1))) - energy / exact.x[:, None], axis=1)
    assert exact.y == pytest.approx(-exact.x * log_z / n, rel=1e-6)


def test_mean_field_of_a_ring_is_that_of_one_number() -> None:
    reading = Summed(graphs()[0]).at(1.5, 4, 0)

    def bound(m: float) -> float:
        up = (1 + m) / 2
        return -(m**2) - 1.5 * float(special.entr(up) + special.entr(1 - up))

    best = optimize.minimize_scalar(bound, bounds=(0.01, 0.999), method="bounded", options={"xatol": 1e-10})
    assert reading.bound == pytest.approx(best.fun, abs=1e-9)
    assert reading.magnetisation == pytest.approx(best.x, abs=1e-5)


def test_transitions_are_two_four_and_one_less_a_share() -> None:
    assert [graph.transition for graph in graphs()] == pytest.approx([2, 4, 11 / 12])


def test_infinite_lattice_orders_at_onsagers_temperature() -> None:
    onsager = 2 / np.log(1 + np.sqrt(2))
    below, above = infinite_magnetisation(1, np.array([0.999, 1.001]) * onsager)
    assert below > 0.4
    assert above == 0


def test_binder_cumulant_is_that_of_all_states() -> None:
    count, temperature = 8, 0.9
    s = 2.0 * ((torch.arange(2**count).unsqueeze(1) >> torch.arange(count)) & 1).double() - 1
    m = s.mean(1)
    p = (count * m**2 / (2 * temperature)).softmax(0)
    wanted = 1 - float(p @ m**4) / (3 * float(p @ m**2) ** 2)
    assert binder(count, temperature) == pytest.approx(wanted)


def test_a_free_energy_below_the_truth_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiment, "mean_field", experiment.tap)
    *_, last = MeanFieldBounds().start(SMALL)
    verdicts = {finding.figure: finding.passed for finding in last.findings}
    assert not verdicts["bound"]
