"""Ten points: the verdict on a model that learns, and on models that cannot."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from scipy import stats

from landscape_app.experiments import few
from landscape_app.experiments.experiment import Progress
from landscape_app.experiments.few import AUTOENCODER, KERNELS, METHODS, MODEL, DrawLook, Few, Spread
from landscape_app.experiments.figure import Curve, Points
from landscape_app.experiments.line import PriorUpdate, two_gaussians

SMALL = {"draws": 3.0, "epochs": 60.0, "seed": 1.0}
SHORT = {"draws": 2.0, "epochs": 10.0, "seed": 1.0}


@pytest.fixture(scope="module", autouse=True)
def short_autoencoder() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(few, "AUTOENCODER_EPOCHS", 120)
        yield


@pytest.fixture(scope="module")
def small() -> list[Progress]:
    return list(Few().start(SMALL))


def test_small_setting_passes_its_verdict(small: list[Progress]) -> None:
    last = small[-1]
    assert last.is_complete
    assert last.has_passed, last.findings


def test_medians_told_are_those_of_the_densities_shown(small: list[Progress]) -> None:
    figure = small[-1].figure
    for panel, method in zip(figure.rows[0], METHODS, strict=True):
        drawn = [mark for mark in panel.marks if isinstance(mark, Curve) and mark.faint]
        assert len(drawn) == 3
        divergences = []
        for curve in drawn:
            exact = 0.5 * stats.norm(-2, 0.5).pdf(curve.x) + 0.5 * stats.norm(2, 1).pdf(curve.x)
            divergences.append(np.trapezoid(exact * np.log(exact / curve.y), curve.x))
        shown = next(
            mark for mark in figure.panels[4].marks if isinstance(mark, Points) and mark.name == method.name
        )
        assert shown.y == pytest.approx(divergences, abs=1e-4)


def test_band_holds_the_median(small: list[Progress]) -> None:
    for panel in small[-1].figure.rows[0]:
        middle = next(mark for mark in panel.marks if isinstance(mark, Curve) and mark.low is not None)
        assert middle.low is not None
        assert middle.high is not None
        assert (middle.low <= middle.y).all()
        assert (middle.y <= middle.high).all()


def test_every_draw_has_its_own_points(small: list[Progress]) -> None:
    drawn = {
        tuple(mark.x)
        for progress in small
        for mark in progress.figure.panels[3].marks
        if isinstance(mark, Points)
    }
    assert len(drawn) == 3
    assert all(len(points) == 10 for points in drawn)


def test_shares_rise_to_one(small: list[Progress]) -> None:
    shares = [progress.share for progress in small]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert not any(progress.findings for progress in small[:-1])


def test_same_seed_gives_the_same_result() -> None:
    first, second, other = (list(Few().start(SHORT | {"seed": seed}))[-1] for seed in (1.0, 1.0, 2.0))
    assert first.findings == second.findings != other.findings


def test_frozen_multipliers_fail_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PriorUpdate, "step", lambda self, moments: torch.zeros_like(moments.data_mean))
    last = list(Few().start(SHORT | {"epochs": 20.0}))[-1]
    assert last.is_complete
    assert not any(finding.passed for finding in last.findings)


def test_verdict_compares_medians() -> None:
    spread = Spread(two_gaussians(), draws=3)
    data = spread.truth.draw(10, 0)
    wide = spread.axis.normalised(stats.norm(0, 3).logpdf(spread.axis.x))
    for model, rival in ((spread.true, wide), (spread.true, wide), (wide, spread.true)):
        for method, density in ((MODEL, model), (KERNELS, rival), (AUTOENCODER, wide)):
            spread.look(data, DrawLook(0.0, method, density))
        spread.keep()
    against_kernels, against_autoencoder = spread.findings()
    assert against_kernels.passed
    assert "less in 2 of 3 draws" in against_kernels.measured
    assert against_autoencoder.passed
    spread.kept[KERNELS], spread.divergences[KERNELS] = [spread.true] * 3, [0.0] * 3
    assert not spread.findings()[0].passed


def test_no_two_seeds_share_a_draw() -> None:
    assert max(p.high for p in Few.parameters if p.name == "draws") <= few.MOST_DRAWS
