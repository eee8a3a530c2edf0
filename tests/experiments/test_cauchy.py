"""Two Cauchy peaks: the verdict on a model that learns, and on models that cannot."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from landscape_app.experiments import cauchy
from landscape_app.experiments.cauchy import LARGEST_DIVERGENCE, Cauchy, Race
from landscape_app.experiments.experiment import Progress
from landscape_app.experiments.figure import Curve, Panel
from landscape_app.experiments.line import Axis, PriorUpdate, two_cauchys
from landscape_app.learning.minmaxent import MinMaxEnt

pytestmark = pytest.mark.training

SMALL = {"epochs": 150.0, "chains": 256.0, "seed": 1.0}
SHORT = {"epochs": 10.0, "chains": 64.0, "seed": 1.0}


class Known:
    """A density that is given."""

    def __init__(self, log_density: np.ndarray) -> None:
        self._log_density = log_density

    def log_density(self, axis: Axis) -> np.ndarray:
        return self._log_density


@pytest.fixture(scope="module")
def one_rate() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cauchy, "RATES", (1e-2,))
        yield


@pytest.fixture(scope="module")
def small(one_rate: None) -> list[Progress]:
    return list(Cauchy().start(SMALL))


def curve(panel: Panel, start: str) -> Curve:
    return next(mark for mark in panel.marks if isinstance(mark, Curve) and mark.name.startswith(start))


def test_small_setting_learns_peaks_and_tails(small: list[Progress]) -> None:
    """A tenth of the epochs, for which the verdict allows too little: 0.03 nats for the whole length.

    Four seeds, and some of them on two other instruction sets, end at 0.015 to 0.031 nats: a deviation of 0.3 in the
    logarithm, and the bound is four of these above their middle.
    """
    last = small[-1]
    assert last.is_complete
    reached = curve(last.figure.panels[3], "Min-MaxEnt").y[-1]
    assert reached < 0.07
    divergence, *others = last.findings
    assert divergence.passed == (reached <= LARGEST_DIVERGENCE)
    assert [finding.passed for finding in others] == [True] * 2, others


def test_divergences_told_are_those_of_the_densities_shown(small: list[Progress]) -> None:
    whole, _, _, told = small[-1].figure.panels
    exact = curve(whole, "exact")
    both = stats.cauchy(-5, 0.5), stats.cauchy(5, 0.5)
    inside = sum(peak.cdf(60) - peak.cdf(-60) for peak in both)
    assert exact.y == pytest.approx(sum(peak.pdf(exact.x) for peak in both) / inside, abs=1e-6)
    for name, at_its_best in (("Min-MaxEnt", told.marks[-1]), ("VAE", None)):
        shown = curve(whole, name)
        divergence = np.trapezoid(exact.y * np.log(exact.y / shown.y), shown.x)
        found = curve(told, name).y
        wanted = found[-1] if at_its_best is not None else found.min()
        assert divergence == pytest.approx(wanted, abs=1e-4)


def test_rare_events_of_the_exact_density_follow_the_cauchy_distribution(small: list[Progress]) -> None:
    exact = curve(small[-1].figure.panels[2], "exact")
    inner = stats.cauchy(-5, 0.5).cdf(exact.x) - stats.cauchy(-5, 0.5).cdf(-exact.x)
    inside = stats.cauchy(-5, 0.5).cdf(60) - stats.cauchy(-5, 0.5).cdf(-60)
    assert exact.y == pytest.approx(1 - inner / inside, abs=1e-3)


def test_autoencoder_has_three_times_the_epochs(small: list[Progress]) -> None:
    told = small[-1].figure.panels[3]
    assert curve(told, "Min-MaxEnt").x[-1] == 150
    assert curve(told, "VAE").x[-1] == 450
    shares = [progress.share for progress in small]
    assert shares == sorted(shares)


def test_same_seed_gives_the_same_result(one_rate: None) -> None:
    first, second, other = (list(Cauchy().start(SHORT | {"seed": seed}))[-1] for seed in (1.0, 1.0, 2.0))
    assert first.findings == second.findings != other.findings


def test_frozen_multipliers_fail_the_verdict(monkeypatch: pytest.MonkeyPatch, one_rate: None) -> None:
    monkeypatch.setattr(PriorUpdate, "step", lambda self, moments: torch.zeros_like(moments.data_mean))
    last = list(Cauchy().start(SHORT | {"epochs": 40.0}))[-1]
    assert last.is_complete
    assert not any(finding.passed for finding in last.findings)


def test_flipped_sign_of_the_entropy_gradient_fails_the_verdict(
    monkeypatch: pytest.MonkeyPatch, one_rate: None
) -> None:
    measure = MinMaxEnt._measure

    def flipped(self: MinMaxEnt, *arguments: Tensor) -> Any:
        moments, loss = measure(self, *arguments)
        return moments, -loss

    monkeypatch.setattr(MinMaxEnt, "_measure", flipped)
    last = list(Cauchy().start(SHORT | {"epochs": 60.0}))[-1]
    assert last.is_complete
    assert not last.findings[0].passed


def test_verdict_takes_the_autoencoders_best_moment_at_its_best_rate() -> None:
    truth = two_cauchys()
    race = Race(truth, truth.draw(1_000, 0), epochs=10)
    x = race.axis.x

    def peaks(width: float) -> Known:
        pdf = stats.cauchy(-5, width).pdf(x) + stats.cauchy(5, width).pdf(x)
        return Known(race.axis.normalised(np.log(pdf)))

    race.look(race.model, 10, peaks(0.55))
    first, second = race.enter(1e-3), race.enter(1e-2)
    race.look(first, 30, peaks(1.0))
    for epoch, width in ((10, 0.7), (20, 0.6), (30, 0.9)):
        race.look(second, epoch, peaks(width))
    assert race.best_rival is second
    assert second.best_epoch == 20
    assert all(finding.passed for finding in race.findings())
    race.look(first, 40, peaks(0.52))
    assert race.best_rival is first
    assert not race.findings()[1].passed
