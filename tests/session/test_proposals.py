"""What is proposed for data of one's own: it fits, it can be changed, and it stays affordable."""

import math

import numpy as np
import pytest
import torch

from landscape_app.data.dataset import ColumnMeaning, Dataset, Kind
from landscape_app.data.digits import load_digits
from landscape_app.data.synthetic import rings
from landscape_app.learning import classifier
from landscape_app.learning.classifier import LabelledImages, real_image_training
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.hamiltonian import Hamiltonian, Target
from landscape_app.physics.space import Levels
from landscape_app.problems import PROBLEMS
from landscape_app.problems.model import build_base, build_space
from landscape_app.problems.proposal import AFFORDABLE, WHOLE_SET, proposal_for
from landscape_app.session.api import seconds_per_epoch
from landscape_app.session.session import Session
from tests.session.exact import exact_record


def images(shape: tuple[int, ...], levels: int, count: int = 30) -> Dataset:
    items = np.random.default_rng(0).integers(0, levels, (count, *shape)).astype(np.uint8)
    held_out = np.arange(count - 5, count)
    return Dataset("own", Kind.LEVELS, items, np.arange(count - 5), held_out, levels=levels)


def survey(rows: int = 400) -> Dataset:
    """Three columns of two, three and four categories that hang together."""
    random = np.random.default_rng(1)
    first = random.integers(0, 2, rows)
    second = (first + random.integers(0, 2, rows)) % 3
    third = np.where(random.random(rows) < 0.8, second + first, 0) % 4
    items = np.stack([first, second, third], 1).astype(np.uint8)
    columns = tuple(
        ColumnMeaning(name, tuple("abcd"[:count])) for name, count in (("x", 2), ("y", 3), ("z", 4))
    )
    split = np.arange(rows - 100), np.arange(rows - 100, rows)
    return Dataset("survey", Kind.LEVELS, items, *split, levels=4, columns=columns)


def test_the_shipped_problems_are_proposed_as_they_are_shipped() -> None:
    digits, shipped = proposal_for(load_digits()), PROBLEMS["digits"].defaults
    assert (digits.chains, digits.kernel, digits.batch) == (shipped.chains, shipped.kernel, None)
    assert digits.configuration.schedule == shipped.schedule
    assert digits.observables == "16 by convolutions at full resolution (16, 32 channels)"
    paper = digits.chosen(network="convolutions")
    assert paper.observables == "16 by convolutions (16, 64 channels)"
    assert paper.chosen(channels=(2, 3), network="full-resolution").configuration.channels == (2, 3)
    assert proposal_for(rings()).configuration.hidden == PROBLEMS["points"].defaults.hidden


@pytest.mark.parametrize(
    ("shape", "levels", "stride"),
    [
        ((8, 8), 17, 1),
        ((16, 16), 17, 1),
        ((28, 28), 17, 2),
        ((32, 32, 3), 9, 2),
        ((64, 64), 17, 4),
        ((64, 64, 3), 9, 4),
    ],
)
def test_larger_images_are_affordable_and_train(shape: tuple[int, ...], levels: int, stride: int) -> None:
    data = images(shape, levels)
    proposal = proposal_for(data)
    assert proposal.configuration.stride == stride
    assert proposal.chains * math.prod(shape) * levels <= max(AFFORDABLE, 64 * math.prod(shape) * levels)
    session = Session(proposal.chosen(chains=4).configuration, "cpu", sampler_chains=2, dataset=data)
    record = next(session.train())
    assert (session.configuration.model == "rbm") == (max(shape) > 16)
    assert math.isfinite(record.gradient if session.configuration.model == "rbm" else record.chi_squared)
    assert session.sampler.chains.x.shape[1:] == shape


def test_observables_of_large_images_have_a_schedule_of_their_own() -> None:
    proposal = proposal_for(images((28, 28), 4))
    assert proposal.model == "Restricted Boltzmann machine, 256 hidden units; Persistent chains"
    plan = proposal.chosen(model="observables").configuration
    assert (plan.kernel, plan.network, plan.stride) == ("discrete-langevin", "convolutions", 2)
    usual = PROBLEMS["digits"].defaults
    assert plan.schedule.theta_rate < proposal.configuration.schedule.theta_rate
    assert plan.schedule.least_share == usual.schedule.least_share
    assert (plan.planned_epochs, plan.planned_for) == (usual.planned_epochs, None)
    assert (plan.schedule.weight_decay, proposal.configuration.schedule.weight_decay > 0) == (0, True)
    assert (plan.schedule.weight_smoothness, proposal.configuration.schedule.weight_smoothness > 0) == (
        0,
        True,
    )
    own_rate = proposal.chosen(model="observables", theta_rate=0.1).configuration
    assert own_rate.schedule.theta_rate == 0.1


def test_a_schedule_that_suits_all_models_stays_where_another_is_chosen() -> None:
    proposal = proposal_for(images((8, 8), 4))
    machine = proposal.chosen(model="rbm", least_share=0.05)
    assert machine.chosen(model="observables").configuration.schedule == machine.configuration.schedule


def test_large_sets_are_looked_at_in_batches_and_small_ones_whole() -> None:
    count = WHOLE_SET // 64
    small, large = images((8, 8), 3, count + 5), images((8, 8), 3, count + 6)
    assert proposal_for(small).batch is None
    assert proposal_for(large).batch == 4_096


def test_every_choice_can_be_another() -> None:
    proposal = proposal_for(images((8, 8), 5))
    chosen = proposal.chosen(
        observables=3,
        kernel="single-site",
        chains=7,
        batch=9,
        moves=4,
        theta_rate=0.1,
        channels=(2, 3),
        seed=None,
    )
    plan = chosen.configuration
    assert (plan.observables, plan.kernel, plan.chains, plan.channels) == (3, "single-site", 7, (2, 3))
    assert (plan.schedule.batch, plan.schedule.moves, plan.schedule.theta_rate) == (9, 4, 0.1)
    assert chosen.observables == "3 by convolutions at full resolution (2, 3 channels)"
    with pytest.raises(ValueError, match="no kernel is called"):
        proposal.chosen(kernel="magic")
    with pytest.raises(TypeError):
        proposal.chosen(colour="blue")


def test_an_epoch_is_timed() -> None:
    data = images((4, 4), 3)
    configuration = proposal_for(data).chosen(chains=4).configuration
    assert 0 < seconds_per_epoch(configuration, data, "cpu") < 60


def test_categories_that_a_column_does_not_have_have_no_probability() -> None:
    data = survey()
    configuration, space = proposal_for(data).configuration, build_space(data)
    base = build_base(configuration, space, torch.as_tensor(data.training_items).float(), data.columns)
    target = Target(base, Hamiltonian([]))
    assert ExactModel(target).at().log_partition == pytest.approx(0.0, abs=1e-5)
    drawn = base.sample(2_000, torch.Generator().manual_seed(0))
    assert drawn.max(0).values.tolist() == [1, 2, 3]


@pytest.mark.parametrize("network", ["pairs", "perceptron"])
def test_a_table_of_categories_is_learned(network: str) -> None:
    data = survey()
    plan = proposal_for(data).chosen(
        network=network, observables=6, hidden=(16,), chains=32, planned_epochs=80
    )
    session = Session(plan.configuration, "cpu", sampler_chains=8, dataset=data)
    for record in session.train():
        if record.epoch == 80:
            break
    session.finish()
    exact = exact_record(session)
    assert exact is not None
    counts = np.zeros((2, 3, 4))
    np.add.at(counts, tuple(data.training_items.T), 1)
    frequencies = counts / counts.sum()
    entropy = -(frequencies[counts > 0] * np.log(frequencies[counts > 0])).sum()
    independent = -sum(
        float((p * np.log(p)).sum()) for p in (frequencies.sum(axis) for axis in ((1, 2), (0, 2), (0, 1)))
    )
    # The entropy of the frequencies is the least that any model reaches on the items that it learned from.
    assert entropy - 1e-3 < exact.cross_entropy_training < entropy + 0.25 * (independent - entropy)


def test_classifiers_of_many_images_make_fewer_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    space = Levels((4, 4), 3)
    x = torch.randint(0, 3, (40, 4, 4), generator=torch.Generator().manual_seed(0)).float()
    y = torch.arange(40) % 2
    sets = LabelledImages(x, y), LabelledImages(x[:8], y[:8])
    for shown, passes in ((10**6, 9), (46 * 16 * 5, 5), (1, 3)):
        monkeypatch.setattr(classifier, "SHOWN", shown)
        assert len(list(real_image_training(space, 2, *sets, seed=0, epochs=9))) == passes


def test_tables_of_numbers_have_a_mixture_as_base() -> None:
    rng = np.random.default_rng(0)
    plans = [proposal_for(Dataset.of_points(rng.normal(size=(60, n)))).configuration for n in (1, 2, 20)]
    assert {(plan.kernel, plan.widening, plan.components) for plan in plans} == {("mala", 1.0, None)}
    columns = (ColumnMeaning("a"), ColumnMeaning("b", ("x", "y")))
    items = np.stack([rng.normal(size=60), np.arange(60) % 2], 1).astype(np.float32)
    mixed = Dataset("m", Kind.MIXED, items, np.arange(50), np.arange(50, 60), columns=columns)
    plan = proposal_for(mixed).configuration
    assert (plan.kernel, plan.widening, plan.network) == ("mixed", 1.0, None)
