"""Chains on a surface: judged as what they are."""

import numpy as np
import pytest
import torch

from landscape_app.physics.surfaces import SURFACES, Banana, DoubleWell, KernelDensity, TwoGaussians
from landscape_app.session.surface_run import SurfaceRun


def run_on(
    name: str, kernel: str = "mala", chains: int = 64, start: str = "exact", steps: int = 0
) -> SurfaceRun:
    run = SurfaceRun(SURFACES[name](), kernel, chains, start)
    for _ in range(steps):
        run.step()
    return run


@pytest.mark.parametrize("kernel", ["hmc", "random-walk"])
def test_means_agree_with_the_exact_ones_within_their_errors(kernel: str) -> None:
    run = run_on("two-gaussians-line", kernel, chains=64, steps=700)
    mixing = run.mixing()
    assert mixing is not None
    assert [q.name for q in mixing.quantities] == ["x", "H"]
    assert 200 <= mixing.steps <= 350
    for quantity in mixing.quantities:
        assert abs(quantity.mean - quantity.exact) < 4 * quantity.error
    x = mixing.quantities[0]
    assert x.exact == pytest.approx(0.0, abs=1e-4)


def test_chains_that_cannot_cross_a_barrier_are_called_stuck() -> None:
    points = torch.tensor([[-8.0, 0.0], [8.0, 0.0]]).repeat(10, 1)
    points += 0.1 * torch.randn(points.shape, generator=torch.Generator().manual_seed(0))
    run = SurfaceRun(KernelDensity(points, 0.1), "random-walk", 16, "everywhere")
    run.tune_kernel(step_size=0.5)
    for _ in range(700):
        run.step()
    mixing = run.mixing()
    assert mixing is not None
    assert mixing.verdict == "stuck"
    assert "barriers" in mixing.sentence


def test_nothing_is_judged_while_the_kernel_tunes_itself_or_of_one_chain() -> None:
    run = run_on("banana", steps=20)
    assert run.kernel.adapting
    assert run.mixing() is None
    alone = run_on("banana", chains=1)
    alone.tune_kernel(step_size=0.3)
    for _ in range(50):
        alone.step()
    assert alone.mixing() is None


def test_starts_are_where_they_say() -> None:
    low, high = Banana().space.low, Banana().space.high
    everywhere = run_on("banana", start="everywhere", chains=2_000).snapshot().positions
    assert everywhere.mean(axis=0) == pytest.approx([0, 0], abs=4 * (high - low) / np.sqrt(12 * 2_000))
    minimum = run_on("banana", start="minimum").snapshot().positions
    assert minimum == pytest.approx(np.tile([0.0, -3.0], (64, 1)))
    exact = run_on("banana", chains=4_000).snapshot().positions
    assert exact[:, 0].std() == pytest.approx(1.6, abs=4 * 1.6 / np.sqrt(8_000))


def test_temperature_kernel_and_number_change_while_it_runs() -> None:
    run = run_on("himmelblau", steps=5)
    cold = run.landscape
    positions = run.snapshot().positions
    run.set_temperature(2.0)
    assert run.landscape.energy == pytest.approx(cold.energy / 2, rel=1e-5)
    assert np.array_equal(run.snapshot().positions, positions)
    assert run.steps == 0
    run.set_kernel("hmc")
    run.step()
    trajectory = run.snapshot().trajectory
    assert trajectory is not None
    assert trajectory.path is not None
    run.restart("minimum", 5)
    assert run.snapshot(with_tracks=True).positions.shape == (5, 2)
    assert run.kernel.name == "hmc"
    run.follow(4)
    run.step()
    trajectory = run.snapshot().trajectory
    assert trajectory is not None
    assert trajectory.chain == run.followed == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("mala", 4, "nowhere"), "cannot start from 'nowhere'"),
        (("mala", 0, "exact"), "number of chains"),
        (("gibbs", 4, "exact"), "no kernel is called"),
        (("mala", 4, "exact", 0.0), "temperature"),
    ],
)
def test_nonsense_is_refused(arguments: tuple, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SurfaceRun(TwoGaussians(), *arguments)


def test_one_seed_gives_one_run() -> None:
    first, second = (SurfaceRun(DoubleWell(), "hmc", 8, "exact", seed=4) for _ in range(2))
    for run in (first, second):
        for _ in range(10):
            run.step()
    assert np.array_equal(first.snapshot().positions, second.snapshot().positions)


def test_what_is_judged_grows_with_the_run_while_the_draws_that_are_kept_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("landscape_app.session.surface_run.MOST_DRAWS", 50)
    run = SurfaceRun(SURFACES["ring"](), "random-walk", 64, "exact")
    run.tune_kernel(step_size=0.8)
    steps, times = [], []
    for _ in range(4):
        for _ in range(200):
            run.step()
        mixing = run.mixing()
        assert mixing is not None
        steps.append(mixing.steps)
        times.append(mixing.quantities[-1].autocorrelation_time)
        assert len(run._draws) <= 100
    assert steps == pytest.approx([100, 200, 300, 400], abs=8)
    # The time is in steps of the chains, however far apart the draws are; below their distance it cannot be told.
    assert all(2 < time < 25 for time in times)
