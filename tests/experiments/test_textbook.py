"""The textbook distributions, and a verdict that knows a wrong one."""

import numpy as np
import pytest

from landscape_app.experiments.experiment import Experiment
from landscape_app.experiments.figure import Curve
from landscape_app.experiments.textbook import Textbook
from landscape_app.learning import dual


def test_every_distribution_is_found() -> None:
    *_, last = Textbook().start({"nodes": 4_000})
    assert last.is_complete
    assert last.has_passed
    assert len(last.findings) == 6
    for panel in last.figure.panels:
        found, exact = (mark for mark in panel.marks if isinstance(mark, Curve))
        inner = slice(10, -10)
        error = np.abs(found.y - exact.y)[inner]
        # At the edges of the uniform and the exponential density the drawn points straddle a jump.
        assert np.median(error) < 0.01 * exact.y.max(), panel.title


@pytest.mark.parametrize("scale", [0.01, 100.0])
def test_the_scale_of_x_does_not_matter(scale: float) -> None:
    *_, last = Textbook().start({"nodes": 4_000, "scale": scale})
    assert last.has_passed


def test_a_frozen_multiplier_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    solve = dual.solve_dual

    def frozen(features, log_measure, means):  # type: ignore[no-untyped-def]
        return solve(features[:, :0], log_measure, means[:0])

    monkeypatch.setattr("landscape_app.experiments.textbook.solve_dual", frozen)
    *_, last = Textbook().start({"nodes": 4_000})
    verdicts = {finding.quantity.split()[1].rstrip(","): finding.passed for finding in last.findings}
    assert verdicts.pop("uniform")
    assert not any(verdicts.values())


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"nodes": 10}, "nodes must be a whole number from 1,000 to 1,000,000, got 10"),
        ({"nodes": 2_000.5}, "nodes must be a whole number"),
        ({"scale": -1}, "scale must be a number from 0.01 to 100, got -1"),
        ({"scale": float("nan")}, "scale must be a number"),
        ({"colour": 1}, "textbook has no parameter 'colour'; it has nodes, scale, seed"),
    ],
)
def test_wrong_parameters_are_refused(values: dict[str, float], message: str) -> None:
    experiment: Experiment = Textbook()
    with pytest.raises(ValueError, match=message):
        experiment.start(values)
