"""The discriminator experiment: its splits and its ensembles in a small setting, and what must not pass."""

import numpy as np
import pytest
import torch
from torch import Tensor

from landscape_app.data.assets import SHIPPED_MODEL, asset_path
from landscape_app.experiments import discriminator, models
from landscape_app.experiments.discriminator import (
    DiscriminatorRounds,
    Round,
    add_field,
    findings_of,
    split_images,
    start_ensembles,
)
from landscape_app.experiments.experiment import Progress
from landscape_app.experiments.figure import Images, Points
from landscape_app.learning.discriminator import Accuracy
from landscape_app.physics.chains import Chains
from landscape_app.physics.fields.discriminator import DiscriminatorTerm
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import DiscreteLangevin
from landscape_app.physics.space import Levels
from landscape_app.session.checkpoint import open_session
from landscape_app.session.session import Session
from tests.physics.exact import CoupledLevels, all_states, boltzmann, random_base

pytestmark = [pytest.mark.training, pytest.mark.usefixtures("quick_evaluator")]

SMALL = {"epochs": 12.0, "rounds": 1.0, "chains": 240.0, "moves": 3.0, "passes": 3.0}


@pytest.fixture(scope="module")
def shipped() -> Session:
    return open_session(asset_path(SHIPPED_MODEL), device="cpu", sampler_chains=4)


@pytest.fixture
def few_sweeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "FRESH_SWEEPS", 40)


def run(**values: float) -> list[Progress]:
    return list(DiscriminatorRounds().start(SMALL | values))


@pytest.mark.usefixtures("few_sweeps")
def test_every_round_is_judged_and_drawn() -> None:
    progress = run()
    shares = [one.share for one in progress]
    assert shares == sorted(shares)
    assert len(progress) > 60
    assert progress[-1].is_complete
    assert len(progress[-1].findings) == 3
    (mosaic,), plots = progress[-1].figure.rows
    (images,) = mosaic.marks
    assert isinstance(images, Images)
    assert images.rows == ("real", "no field", "1 field")
    for panel in plots:
        (points,) = [mark for mark in panel.marks if isinstance(mark, Points)]
        np.testing.assert_array_equal(points.x, [0, 1])
        assert np.isfinite(points.y).all()


@pytest.mark.usefixtures("few_sweeps")
def test_a_field_of_zero_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DiscriminatorTerm, "energy", lambda self, x: x.new_zeros(len(x)))
    progress = run(passes=2)
    *_, distance = progress[-1].findings
    assert not distance.passed


def rounds(accuracies: list[float], distances: list[float]) -> list[Round]:
    def accuracy(mean: float) -> Accuracy:
        return Accuracy(mean, mean, 0.01)

    return [
        Round(accuracy(a), accuracy(a + 0.05), d, np.zeros((14, 8, 8)))
        for a, d in zip(accuracies, distances, strict=True)
    ]


@pytest.mark.parametrize(
    ("accuracies", "distances", "verdicts"),
    [
        ([0.65, 0.58, 0.55, 0.53, 0.54, 0.52], [20.0, 16, 15, 13, 14, 13], [True, True, True]),
        ([0.65] * 6, [20.0] * 6, [True, False, False]),
        ([0.65, 0.7, 0.8, 0.9, 0.9, 0.9], [20.0, 25, 30, 40, 50, 60], [True, False, False]),
        ([0.65, 0.55, 0.55, 0.5, 0.5, 0.5], [20.0, 19, 20, 19, 20, 19], [True, True, False]),
        ([0.52, 0.51, 0.51, 0.51, 0.51, 0.51], [20.0, 16, 15, 13, 14, 13], [False, False, True]),
    ],
    ids=["falls", "stays", "rises", "only accuracy", "nothing to tell"],
)
def test_verdicts_follow_the_rounds(
    accuracies: list[float], distances: list[float], verdicts: list[bool]
) -> None:
    assert [finding.passed for finding in findings_of(rounds(accuracies, distances))] == verdicts


def keys(images: Tensor) -> set[bytes]:
    return {image.numpy().tobytes() for image in images}


@pytest.mark.parametrize("count", [50, 200, 800])
def test_fresh_images_are_seen_by_nobody(shipped: Session, count: int) -> None:
    real = split_images(shipped, count, seed=3)
    assert len(real.learned) == count
    assert keys(real.learned[:200]) <= keys(shipped.training_items)
    seen = keys(shipped.training_items) | keys(real.learned) | keys(real.validation)
    assert not seen & keys(real.fresh)
    assert not keys(real.learned) & keys(real.validation)
    assert len(real.fresh) == 798


@pytest.mark.usefixtures("few_sweeps")
def test_no_sample_is_in_both_ensembles(shipped: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def numbered(session: Session, count: int) -> object:
        yield 1.0
        return torch.arange(count, dtype=torch.float32).view(-1, 1, 1).expand(-1, 8, 8)

    monkeypatch.setattr(discriminator, "fresh_samples", numbered)
    steps = start_ensembles(shipped, 48, seed=0)
    assert next(steps) == 1.0
    with pytest.raises(StopIteration) as end:
        next(steps)
    learning, fresh = end.value.value
    assert (len(learning), len(fresh)) == (32, 16)
    assert not set(learning.x[:, 0, 0].tolist()) & set(fresh.x[:, 0, 0].tolist())


def test_adding_the_best_field_leads_to_the_data() -> None:
    space = Levels((2, 2), 3)
    base, states = random_base(space, seed=1), all_states(space)
    h, other = CoupledLevels(space, seed=2), CoupledLevels(space, seed=3)
    model, data = (boltzmann(base, term.exact_energy(states)) for term in (h, other))
    index = torch.tensor([27, 9, 3, 1])

    class LogOdds:
        """log P_data / P, smooth between levels: H − H_data, up to a constant."""

        def __call__(self, x: Tensor) -> Tensor:
            return h.energy(x) - other.energy(x)

    n = 20_000
    generator = torch.Generator().manual_seed(4)
    chosen = torch.multinomial(torch.as_tensor(model), n, replacement=True, generator=generator)
    x = space.enumerate()[chosen].float()
    target = Target(base, Hamiltonian([WeightedTerm(1.0, h)]))
    chains = Chains(x, target, DiscreteLangevin(), generator)
    add_field(chains, list(target.hamiltonian.terms), WeightedTerm(1.0, DiscriminatorTerm(LogOdds())))
    counts = torch.bincount((chains.x.flatten(1).long() * index).sum(1), minlength=81).numpy()
    # Chains share ancestors: errors are those of the reweighted samples, at most.
    worth = n / float((model * (data / model) ** 2).sum())
    error = np.sqrt(data * (1 - data) / worth)
    assert (np.abs(counts / n - data) <= 5 * error + 1e-4).all()
