"""Hidden units: the split of the free energy, samples against probabilities, the verdicts."""

import numpy as np
import pytest
import torch

from landscape_app.experiments import rbm
from landscape_app.experiments.experiment import Progress
from landscape_app.experiments.figure import Curve
from landscape_app.experiments.rbm import (
    CONTRASTIVE,
    EQUILIBRIUM,
    HiddenUnitsApart,
    Machine,
    contrast,
    two_digits,
)
from tests.models.joint_energy import joint_energy

TINY = {"units": 4.0, "epochs": 10.0, "runs": 2.0}


@pytest.fixture(scope="module")
def tiny() -> list[Progress]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rbm, "LAST_SAMPLES", 2_000)
        return list(HiddenUnitsApart().start(TINY))


def test_free_energy_is_split_in_every_run(tiny: list[Progress]) -> None:
    last = tiny[-1]
    assert last.is_complete
    assert last.findings[0].passed
    assert len(last.findings) == 4
    shares = [progress.share for progress in tiny]
    assert shares == sorted(shares)
    assert not any(progress.findings for progress in tiny[:-1])


def test_likelihoods_are_drawn_for_every_run(tiny: list[Progress]) -> None:
    curves = [mark for mark in tiny[-1].figure.panels[0].marks if isinstance(mark, Curve)]
    assert len(curves) == 2 * 2 * 2
    assert all(len(curve.x) == 10 for curve in curves)


def test_summed_split_is_that_of_joint_energies() -> None:
    machine = Machine(CONTRASTIVE, two_digits(0), 3, 0)
    machine.model.set_values([value + 0.3 for value in machine.model.values()])
    images = machine.data.held_out[:2]
    h = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 3)
    for image, found in zip(images, machine.summed_split(images).T, strict=True):
        with torch.no_grad():
            energies = joint_energy(machine.model, image.expand(8, 8, 8), h).double()
        p = (-energies).softmax(0)
        wanted = [float(p @ energies), -float(p @ p.log()), -float((-energies).logsumexp(0))]
        assert found == pytest.approx(wanted, abs=1e-4)


def test_images_are_binary_and_split() -> None:
    data = two_digits(0)
    assert set(data.training.unique().tolist()) == {0.0, 1.0}
    assert len(data.training) == 2 * len(data.held_out)
    assert not torch.equal(data.training, two_digits(1).training)


def test_probabilities_of_all_images_of_a_line_add_up() -> None:
    """−log P has its log Z: the mean of P(v)/q(v) over uniform images is 1."""
    machine = Machine(EQUILIBRIUM, two_digits(0), 4, 0)
    machine.model.set_values([0.1 * value for value in machine.model.values()])
    x = machine.model.base_measure.sample(50_000, torch.Generator().manual_seed(0))
    ratio = np.exp(64 * np.log(2) - machine.surprisal(x))
    assert abs(ratio.mean() - 1) < 4 * ratio.std() / np.sqrt(len(ratio))


def test_contrast_finds_nothing_between_samples_of_one_model(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(EQUILIBRIUM, two_digits(0), 4, 0)
    monkeypatch.setattr(machine, "near", lambda: machine.exact(240))
    assert contrast(machine).worst < rbm.DEVIATIONS
    monkeypatch.setattr(machine, "near", lambda: machine.data.training[machine.data.training[:, 3, 3] == 0])
    assert contrast(machine).worst > rbm.DEVIATIONS


@pytest.mark.training
def test_weighted_chains_are_better_than_contrastive_divergence() -> None:
    *_, last = HiddenUnitsApart().start({"runs": 3.0, "seed": 1.0})
    assert last.has_passed, last.findings


@pytest.mark.training
def test_a_training_that_is_contrastive_twice_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = CONTRASTIVE._replace(title=EQUILIBRIUM.title)
    monkeypatch.setattr(rbm, "WAYS", (CONTRASTIVE, twice))
    *_, last = HiddenUnitsApart().start({"runs": 1.0})
    assert not last.findings[3].passed
