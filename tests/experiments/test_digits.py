"""The digits experiment in a small setting: what it shows, and what must not pass."""

import dataclasses
import math
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from landscape_app.data.digits import load_digits
from landscape_app.experiments import models, quality
from landscape_app.experiments.digits import Digits, SizeRecord, efficiency_findings, efficiency_panels
from landscape_app.experiments.experiment import Finding, Progress
from landscape_app.experiments.figure import Curve, Images, Points
from landscape_app.learning.maxent import ChiSquaredUpdate, Moments, PreconditionedUpdate
from landscape_app.learning.minmaxent import MinMaxEnt
from landscape_app.problems import PROBLEMS

pytestmark = [pytest.mark.training, pytest.mark.usefixtures("quick_evaluator")]

SMALL = {"epochs": 20, "samples": 60.0}
ENTROPY, CROSS_ENTROPY, GAP, DISTANCE = range(4)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few chains and observables, and few sweeps for fresh samples."""
    problem = PROBLEMS["digits"]
    defaults = dataclasses.replace(problem.defaults, chains=64, observables=8, channels=(6, 12))
    monkeypatch.setitem(PROBLEMS, "digits", dataclasses.replace(problem, defaults=defaults))
    monkeypatch.setattr(models, "FRESH_SWEEPS", 30)


def run(**values: float) -> list[Progress]:
    return list(Digits().start(SMALL | values))


def findings(progress: list[Progress]) -> tuple[Finding, ...]:
    assert progress[-1].is_complete
    return progress[-1].findings


def test_entropy_falls_and_the_figure_shows_it() -> None:
    progress = run(epochs=140)
    shares = [one.share for one in progress]
    assert shares == sorted(shares)
    assert len(progress) > 80
    found = findings(progress)
    assert len(found) == 7
    assert found[ENTROPY].passed, found
    stages, training, (_, *real_and_made) = progress[-1].figure.rows
    (mosaic,) = stages[0].marks
    assert isinstance(mosaic, Images)
    assert mosaic.rows[0] == "epoch 0"
    assert len(mosaic.rows) >= 2
    entropy = next(mark for mark in training[0].marks if isinstance(mark, Curve))
    pixels = load_digits().training_items.reshape(200, 64)
    assert entropy.x[0] == 0
    assert entropy.y[0] == pytest.approx(entropy_of_independent_pixels(pixels), abs=0.01)
    assert entropy.y[-1] < entropy.y[0] - 6
    (examples,) = real_and_made[0].marks
    assert isinstance(examples, Images)
    assert examples.rows == (
        quality.HELD_OUT,
        quality.TRAINING,
        quality.BASE,
        quality.MODEL,
        quality.SHIPPED,
        quality.VAE,
    )


def entropy_of_independent_pixels(pixels: np.ndarray) -> float:
    """Of the smoothed histograms, as the base measure is defined: pseudo-count 0.05, one level of smoothing."""
    counts = np.stack([(pixels == level).sum(0) for level in range(17)], axis=1).astype(float)
    inner = np.arange(15)
    spread = np.exp(-((inner[:, None] - inner) ** 2) / 2)
    counts[:, 1:-1] = counts[:, 1:-1] @ (spread / spread.sum(1, keepdims=True))
    p = (counts + 0.05) / (counts + 0.05).sum(1, keepdims=True)
    return float(-(p * np.log(p)).sum())


def test_frozen_multipliers_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    for update in (ChiSquaredUpdate, PreconditionedUpdate):
        monkeypatch.setattr(update, "step", lambda self, moments: torch.zeros_like(moments.residuals))
    found = findings(run())
    assert not found[ENTROPY].passed
    assert not found[CROSS_ENTROPY].passed
    assert not found[DISTANCE].passed


def test_a_loss_of_the_wrong_sign_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    right = MinMaxEnt._measure

    def wrong(self: MinMaxEnt, *arguments: Tensor) -> tuple[Moments, Tensor]:
        moments, loss = right(self, *arguments)
        return moments, -loss

    monkeypatch.setattr(MinMaxEnt, "_measure", wrong)
    found = findings(run())
    assert not found[CROSS_ENTROPY].passed
    assert not found[DISTANCE].passed


def test_it_can_be_stopped_between_any_two_pictures() -> None:
    progress: Iterator[Progress] = Digits().start(SMALL)
    seen = [next(progress) for _ in range(3)]
    progress.close()  # type: ignore[attr-defined]
    assert all(one.figure.panels and not one.findings for one in seen)


def records(*, falling: bool = True, closer: bool = True) -> list[SizeRecord]:
    nats = (100.0, 96.0, 92.0) if falling else (100.0, 90.0, 92.0)
    return [
        SizeRecord(size, value, 95.0, 30.0, 60.0 if closer else 20.0, 3.0)
        for size, value in zip((25, 50, 100), nats, strict=True)
    ]


def test_the_data_efficiency_curve_judges_both_comparisons() -> None:
    assert [finding.passed for finding in efficiency_findings(records())] == [True, True]
    assert [finding.passed for finding in efficiency_findings(records(falling=False))] == [False, True]
    assert [finding.passed for finding in efficiency_findings(records(closer=False))] == [True, False]
    density, quality = efficiency_panels(records())
    for panel in (density, quality):
        points = [mark for mark in panel.marks if isinstance(mark, Points)]
        assert [list(mark.x) for mark in points] == [[25, 50, 100]] * 2


@pytest.mark.slow
def test_the_data_efficiency_curve_trains_on_sets_of_its_sizes() -> None:
    progress = run(sizes=1)
    *_, density, quality = findings(progress)
    assert "25: " in density.measured
    assert "25: " in quality.measured
    assert "Learning from 25 images" in {one.doing for one in progress}
    nats = float(density.measured.removeprefix("25: ").split()[0])
    assert 80 < nats < 64 * math.log(17)


def test_the_rarest_class_is_compared_with_its_share_in_training_and_has_the_error_of_the_samples() -> None:
    known = torch.tensor([0, 0, 0, 1, 1, 2, 2, 2, 2, 2])
    found = torch.tensor([0] * 30 + [1] * 4 + [2] * 66)
    rarest = quality.rarest_share(found, known, 3)
    assert rarest.value == pytest.approx(0.04 / 0.2)
    # Agresti and Coull's p of 4 in 100 is 6 in 104.
    assert rarest.error == pytest.approx(math.sqrt(6 / 104 * 98 / 104 / 104) / 0.2)
    none = quality.rarest_share(torch.zeros(100, dtype=torch.long), known, 3)
    assert none.value == 0
    assert none.error > 0
