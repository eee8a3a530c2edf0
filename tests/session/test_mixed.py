"""A session on rows of numbers and categories: what can be summed over is compared with the sum."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from landscape_app.data.dataset import ColumnMeaning, Dataset, Kind, stratified_split
from landscape_app.models import MODELS
from landscape_app.physics import mixture_base
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.mixture_base import MixtureBase
from landscape_app.physics.space import Mixed
from landscape_app.problems.model import build_model
from landscape_app.problems.proposal import starting_configuration, ways_on
from landscape_app.session import convergence
from landscape_app.session.checkpoint import open_session, save_session
from landscape_app.session.dataset_io import open_data, save_data
from landscape_app.session.landscape_watch import LandscapeWatch
from landscape_app.session.provenance import Provenance
from landscape_app.session.sample_file import SampleFile, check_form, write_samples
from landscape_app.session.script import model_snippet
from landscape_app.session.session import Session
from tests.session.exact import exact_record


def people(n: int = 1_500, seed: int = 0) -> Dataset:
    """Heights and weights that depend on sex and on a town, as they are drawn."""
    rng = np.random.default_rng(seed)
    sex, town = rng.integers(2, size=n), rng.choice(3, size=n, p=[0.6, 0.3, 0.1])
    height = 165 + 13 * sex + 6 * rng.standard_normal(n)
    weight = 0.9 * (height - 100) + 6 * town + 4 * rng.standard_normal(n)
    items = np.stack([sex, height, town, weight], 1).astype(np.float32)
    columns = (
        ColumnMeaning("sex", ("f", "m")),
        ColumnMeaning("height"),
        ColumnMeaning("town", ("A", "B", "C")),
        ColumnMeaning("weight"),
    )
    return Dataset("people", Kind.MIXED, items, *stratified_split(n, None, 0.2), columns=columns)


def session_of(data: Dataset, epochs: int = 60) -> Session:
    """Over a single component, so that there is something to learn."""
    plan = replace(starting_configuration(data), hidden=(16, 16), planned_epochs=epochs, components=1)
    return Session(plan, "cpu", sampler_chains=256, dataset=data)


@pytest.fixture(scope="module")
def session() -> Session:
    """After sixty epochs, at rest."""
    session = session_of(people())
    for _ in islice(session.train(), 60):
        pass
    session.rest()
    return session


@pytest.fixture(scope="module")
def model(session: Session) -> ExactModel:
    """The same, summed over categories and integrated over numbers."""
    return ExactModel(session.model.target)


def test_a_session_lives_on_rows_over_a_base_of_their_covariance(session: Session) -> None:
    assert session.space == Mixed((2, 0, 3, 0))
    base = session.model.base_measure
    assert isinstance(base, MixtureBase)
    factor = base.components.factor[0]
    covariance = (factor @ factor.T).double().numpy()
    found = np.cov(session.dataset.training_items[:, [1, 3]].T.astype(float))
    np.testing.assert_allclose(covariance[0, 1] / found[0, 1], 1, atol=0.03)
    assert session.sampler.kernels == ("mixed", "single-site")
    assert LandscapeWatch.of(session.sampler) is None


def test_it_learns_what_the_base_does_not_know(session: Session, model: ExactModel) -> None:
    """The height is that of the sex: KL to the truth is that of a far better model."""
    found = model.mean(
        lambda x: torch.stack([x[:, 0], x[:, 0] * x[:, 1], (1 - x[:, 0]) * x[:, 1], x[:, 1] * x[:, 3]], 1)
    )
    share = float(found[0])
    assert share == pytest.approx(0.5, abs=0.1)
    # Over the base both sexes have the same height.
    assert float(found[1]) / share - float(found[2]) / (1 - share) == pytest.approx(13, abs=4)
    exact = exact_record(session)
    assert exact is not None
    base = session.model.base_measure
    assert exact.cross_entropy < -float(base.log_prob(session.held_out_items).double().mean()) - 0.5


def test_the_entropy_estimator_agrees_with_the_sum(session: Session) -> None:
    trainer = session.trainer
    found, exact = session.estimator._estimated(trainer.epoch, trainer.average), exact_record(session)
    assert exact is not None
    assert exact.method == "quadrature"
    assert not found.log_z.is_bracket
    assert found.log_partition == pytest.approx(exact.log_partition, abs=4 * found.log_partition_error)
    assert found.entropy == pytest.approx(exact.entropy, abs=4 * found.entropy_error)
    assert found.log_partition_error < 0.3


def test_a_convergence_test_agrees_with_the_sum(
    session: Session, model: ExactModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convergence, "TUNING_ROUNDS", 1)
    *_, record = session.convergence_test(columns=4).run(100)
    found = record.figures()
    assert found["entropy"] == pytest.approx(model.at().entropy, abs=1e-4)


def test_the_sampler_s_chains_have_the_model_s_means(session: Session, model: ExactModel) -> None:
    session.sampler.restart("chains", 2_000)
    for _ in islice(session.sample(), 60):
        pass
    x = session.sampler.chains.x
    assert bool(session.space.contains(x).all())
    for f in (lambda x: x[:, 0], lambda x: (x[:, 2] == 2).float(), lambda x: x[:, 0] * x[:, 3]):
        values = f(x).double()
        error = float(values.std()) / len(values) ** 0.5
        assert float(values.mean()) == pytest.approx(float(model.mean(f)), abs=5 * error)
    session.sampler.restart("base", 256)


def test_data_and_run_come_back_as_they_were(session: Session, tmp_path: Path) -> None:
    data = session.dataset
    plan = save_data(data, tmp_path / "data.h5")
    assert plan.kernel == "mixed"
    again, _ = open_data(tmp_path / "data.h5")
    np.testing.assert_array_equal(again.items, data.items)
    assert (again.kind, again.columns) == (data.kind, data.columns)
    save_session(session, tmp_path / "run.h5")
    opened = open_session(tmp_path / "run.h5", "cpu")
    x = session.held_out_items
    assert torch.equal(opened.model.target.surprisal(x), session.model.target.surprisal(x))


def test_training_goes_on_to_the_bit_from_a_file(tmp_path: Path) -> None:
    first = session_of(people(200))
    for _ in islice(first.train(), 3):
        pass
    save_session(first, tmp_path / "run.h5")
    second = open_session(tmp_path / "run.h5", "cpu")
    for one in (first, second):
        next(one.train())
    for a, b in zip(first.model.values(), second.model.values(), strict=True):
        assert torch.equal(a, b)


def test_a_run_over_a_mixture_opens_again_and_is_no_worse_than_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = people(300)
    plan = starting_configuration(data)
    assert plan.components is None
    session = Session(replace(plan, hidden=(8,), chains=8, replicas=2, planned_epochs=2), "cpu", dataset=data)
    base, x = session.model.base_measure, session.held_out_items
    assert isinstance(base, MixtureBase)
    assert len(base.components.log_weights) > 1
    for _ in islice(session.train(), 2):
        pass
    outcome = session.finish()
    alone = -float(base.log_prob(session.validation_items).double().mean())
    assert outcome.final.validation_nats <= alone + 1e-6
    save_session(session, tmp_path / "run.h5")
    # It is not chosen again.
    monkeypatch.delattr(mixture_base, "stacked_mixture")
    opened = open_session(tmp_path / "run.h5", "cpu")
    assert opened.configuration == session.configuration
    assert torch.equal(opened.model.target.surprisal(x), session.model.target.surprisal(x))


def test_models_of_spins_and_ways_of_levels_are_refused_with_one_message() -> None:
    data = people(60)
    plan, space = starting_configuration(data), Mixed((2, 0, 3, 0))
    items = torch.as_tensor(data.training_items)
    for name, kind in MODELS.items():
        if name not in ("observables", "energy"):
            assert not isinstance(space, kind.serves)
            with pytest.raises(
                ValueError, match=r"the data are numbers .* and categories; choose another model"
            ):
                build_model(replace(plan, model=name), space, items, data.columns)
    for network in ("pairs", "convolutions"):
        with pytest.raises(ValueError, match="numbers and categories"):
            build_model(replace(plan, network=network), space, items, data.columns)
    # Every other way moves chains by whole steps of the kernel, or has no chains.
    assert set(ways_on(space)) == {"observables"}
    assert not {"score-matching", "langevin", "exact", "pseudo-likelihood"} & set(
        ways_on(space)["observables"]
    )


def test_samples_go_to_arrays_and_are_no_pictures(session: Session, tmp_path: Path) -> None:
    x = session.sampler.chains.x.numpy()
    with pytest.raises(ValueError, match="live on numbers and categories"):
        check_form(tmp_path / "a.png", session.space)
    assert "numbers in the units of the data, and categories" in model_snippet("run.h5", session.space)
    samples = SampleFile(x, np.zeros(len(x), np.float32), session.space, 1.0, Provenance(()))
    write_samples(tmp_path / "a.npz", samples)
    np.testing.assert_array_equal(np.load(tmp_path / "a.npz")["x"], x)


def test_several_numbers_have_a_base_of_their_covariance() -> None:
    rng = np.random.default_rng(0)
    data = Dataset.of_points(
        rng.multivariate_normal([0, 0, 0], [[1, 0.9, 0], [0.9, 1, 0], [0, 0, 4]], size=400)
    )
    session = Session(replace(starting_configuration(data), chains=16), "cpu", dataset=data)
    base = session.model.base_measure
    assert isinstance(base, MixtureBase)
    log_weights, mean, factor, _ = base.components
    off = mean - log_weights.exp() @ mean
    within = factor @ factor.mT + off.unsqueeze(2) * off.unsqueeze(1)
    covariance = (log_weights.exp() @ within.flatten(1)).view(3, 3)
    correlation = covariance / (base.deviation.unsqueeze(1) * base.deviation)
    np.testing.assert_allclose(correlation, np.corrcoef(data.training_items.T), atol=0.03)
