"""Sessions over a base measure that is learned first: their files, their end, their steering, by sums over states."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from landscape_app.learning import learned_base
from landscape_app.models.autoregressive import AutoregressiveBase
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.fields.pixels import FixedPixels
from landscape_app.problems import changed_settings, configured, usual_configuration
from landscape_app.problems.problem import Configuration
from landscape_app.session.api import average
from landscape_app.session.checkpoint import open_session, save_session
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.landscape.map import ImageMap
from landscape_app.session.session import Session
from tests.physics.exact import LEAST_P_VALUE, p_value
from tests.session.test_average import PLAN, small_images

LEARNED = replace(PLAN, base="autoregressive", kernel="independent", chains=64, planned_epochs=12)


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learned_base, "STEPS", 3)


def session(epochs: int, plan: Configuration = LEARNED) -> Session:
    made = Session(plan, "cpu", 6, small_images(0))
    for _ in islice(made.train(), epochs):
        pass
    return made


@pytest.mark.parametrize("pause", [3, 9])
def test_a_run_goes_on_bit_for_bit_from_the_base_measure_and_from_the_energy(
    tmp_path: Path, pause: int
) -> None:
    straight, halved = session(11), session(pause)
    assert halved.trainer.is_preparing == (pause == 3)
    save_session(halved, tmp_path / "run.h5")
    resumed = open_session(tmp_path / "run.h5", "cpu")
    for _ in islice(resumed.train(), 11 - pause):
        pass
    for one, other in (
        (straight.model.named(straight.model.values()), resumed.model.named(resumed.model.values())),
        (straight.model.base_measure.state_dict(), resumed.model.base_measure.state_dict()),
        (straight.trainer.ensemble.state_dict(), resumed.trainer.ensemble.state_dict()),
    ):
        assert all(torch.equal(value, other[name]) for name, value in one.items())
    for name in straight.history.names:
        if name != "seconds":
            np.testing.assert_array_equal(straight.history[name], resumed.history[name], err_msg=name)


def test_figures_of_the_base_measure_alone_stand_beside_those_of_the_model(tmp_path: Path) -> None:
    made = session(12)
    outcome = made.finish()
    alone, base = made.kept_base, made.model.base_measure
    assert outcome.base is alone
    assert alone is not None
    assert alone.test_nats == pytest.approx(-float(base.log_prob(made.test_items).mean()), abs=1e-5)
    assert alone.log_partition == 0
    exact = ExactModel(made.model.target).at().log_partition
    assert made.kept is not None
    assert made.kept.log_partition == pytest.approx(exact, abs=1e-5)
    assert "The learned base measure alone: test" in outcome.sentences[-1]
    save_session(made, tmp_path / "run.h5")
    assert open_session(tmp_path / "run.h5", "cpu").kept_base == alone
    found = ImageMap.of(made.dataset, base)
    np.testing.assert_allclose(
        found.base_surprisal(found.training), -base.log_prob(made.training_items), rtol=1e-5
    )


def test_a_base_measure_that_no_energy_improves_is_kept_alone() -> None:
    made = session(3)
    outcome = made.finish()
    assert (outcome.epoch, outcome.final) == (0, outcome.base)
    assert not made.model.multipliers.any()  # type: ignore[union-attr]


def test_chains_with_fixed_pixels_are_samples_of_the_model_given_these() -> None:
    made = session(12)
    made.rest()
    space, base = made.space, made.model.base_measure
    assert isinstance(base, AutoregressiveBase)
    fixed = FixedPixels(((0, 1, 2), (1, 0, 1)))
    made.sampler.restart("base", 1_000)
    made.steer(Composition((Layer(fixed),), temperature=2.0))
    for _ in islice(made.sample(), 30):
        pass
    states = space.enumerate()  # type: ignore[attr-defined]
    holds = (states[:, 0, 1] == 2) & (states[:, 1, 0] == 1)
    heated = base.log_prob(states) - made.model.hamiltonian.energy(states) / 2
    p = heated.double().masked_fill(~holds, -torch.inf).softmax(0)
    assert p_value(made.sampler.chains.x, p.numpy(), space) > LEAST_P_VALUE  # type: ignore[arg-type]


def test_settings_of_a_script_take_the_kernel_that_goes_with_the_base_measure() -> None:
    usual = usual_configuration("digits")
    plan = configured(usual, {"base": "autoregressive"})
    assert plan.kernel == "independent"
    assert changed_settings(usual, plan) == {"base": "autoregressive", "kernel": "independent"}
    assert configured(plan, {"base": "independent"}) == usual


def test_each_has_a_base_measure_of_its_own_so_that_none_are_averaged() -> None:
    runs = [session(2, replace(LEARNED, seed=seed)) for seed in (1, 2)]
    with pytest.raises(ValueError, match="a base measure of its own"):
        average(runs, "cpu", 2)


def test_snapshots_begin_when_the_base_measure_is_done_and_branches_have_it() -> None:
    made = session(10)
    first = made.snapshots.epochs[0]
    assert first == next(row for row, chi in enumerate(made.history["chi_squared"]) if chi == chi)
    begun = made.at_epoch(first)
    assert not begun.trainer.is_preparing
    assert not begun.model.multipliers.any()
    x = made.test_items
    assert torch.equal(begun.model.base_measure.log_prob(x), made.model.base_measure.log_prob(x))
    next(begun.train())
    assert begun.trainer.epoch == first + 1
