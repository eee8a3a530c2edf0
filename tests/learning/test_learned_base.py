"""Training over a base measure that is learned first, by enumeration: its phases, its samples, its end."""

import math

import pytest
import torch

from landscape_app.learning import learned_base
from landscape_app.learning.base_samples import BaseSamples
from landscape_app.learning.learned_base import PATIENCE, BaseFit, LearnedBaseMinMaxEnt, LearnedBaseRecord
from landscape_app.models.autoregressive import AutoregressiveBase, PixelCNN, nats
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.space import Levels
from landscape_app.problems.model import build_model, build_trainer
from landscape_app.problems.problem import Configuration

SPACE = Levels((2, 2), 3)
PLAN = Configuration(
    base="autoregressive",
    kernel="independent",
    network="full-resolution",
    channels=(3, 4),
    observables=2,
    chains=256,
)


def images(n: int, seed: int) -> torch.Tensor:
    """Images whose diagonals are alike."""
    x = torch.randint(0, 3, (n, 2, 2), generator=torch.Generator().manual_seed(seed)).float()
    x[:, 1, 1] = x[:, 0, 0]
    return x


def trainer() -> LearnedBaseMinMaxEnt:
    training = images(40, 0)
    made = build_trainer(PLAN, build_model(PLAN, SPACE, training), training, images(30, 1))
    assert isinstance(made, LearnedBaseMinMaxEnt)
    return made


@pytest.fixture(scope="module")
def trained() -> tuple[LearnedBaseMinMaxEnt, list[LearnedBaseRecord]]:
    """Half of the plan for the base measure, and a share for the energy."""
    made, records = trainer(), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learned_base, "STEPS", 4)
        for epoch in range(16):
            made.progress = epoch / 16
            records.append(made.advance())
    return made, records  # type: ignore[return-value]


def test_the_base_measure_comes_first_and_then_stays(
    trained: tuple[LearnedBaseMinMaxEnt, list[LearnedBaseRecord]],
) -> None:
    made, records = trained
    of_base = [record.base_nats for record in records[:9]]
    assert of_base == sorted(of_base, reverse=True)
    assert of_base[-1] < of_base[0]
    assert {record.base_nats for record in records[8:]} == {of_base[-1]}
    assert all(math.isnan(record.chi_squared) and not record.multipliers.any() for record in records[:9])
    assert all(math.isfinite(record.chi_squared) and record.multipliers.any() for record in records[9:])
    assert records[0].summary.startswith("base alone")
    assert "χ²" in records[-1].summary
    base = made.model.base_measure
    assert -float(base.log_prob(made.held_out).mean()) == pytest.approx(of_base[-1], abs=1e-5)


def test_before_any_energy_log_z_is_zero_and_samples_weigh_alike() -> None:
    made = trainer()
    made.advance()
    assert ExactModel(made.model.target).at().log_partition == pytest.approx(0, abs=1e-6)
    assert not made.ensemble.log_weights.any()
    values = made.model.values()
    assert made.equilibrate(values, None) is values  # type: ignore[arg-type]


def test_weighted_samples_are_those_of_the_model(
    trained: tuple[LearnedBaseMinMaxEnt, list[LearnedBaseRecord]],
) -> None:
    made, _ = trained
    model = made.model
    exact = ExactModel(model.target)
    generator = torch.Generator().manual_seed(0)
    samples = BaseSamples(8_000, model.target, made.ensemble.kernel, generator)
    for moves in (1, 3, 40):
        samples.run(moves)
        found = samples.samples
        weights = found.log_weights.double().exp()
        log_z = float(weights.mean().log())
        error = float(weights.std() / weights.mean()) / math.sqrt(len(weights))
        assert abs(log_z - exact.at().log_partition) < 4 * error
        p = weights / weights.sum()
        energy = float(p @ found.energy.double())
        spread = float((p**2 @ (found.energy.double() - energy) ** 2).sqrt())
        assert abs(energy - exact.at().energy) < 4 * spread
        shown = samples.on_view
        assert not shown.log_weights.any()
        # Systematic resampling leaves each sample its weight but for one in the whole number.
        assert abs(float(shown.energy.double().mean()) - energy) < spread


def test_all_samples_are_renewed_in_turn(
    trained: tuple[LearnedBaseMinMaxEnt, list[LearnedBaseRecord]],
) -> None:
    made, _ = trained
    samples = BaseSamples(64, made.model.target, made.ensemble.kernel, torch.Generator().manual_seed(0))
    marked = samples.chains.x.clone()
    samples.run(3)
    assert torch.equal(samples.chains.x, marked)
    samples.run(1)
    assert torch.equal(samples.chains.x[8:], marked[8:])
    state = samples.state_dict()
    other = BaseSamples(64, made.model.target, made.ensemble.kernel, torch.Generator().manual_seed(9))
    other.load_state_dict(state, made.model.target)
    other.generator.set_state(samples.generator.get_state())
    for one in (samples, other):
        one.run(6)
    assert torch.equal(samples.chains.x, other.chains.x)
    assert torch.equal(samples.log_weights, other.log_weights)


def test_the_fit_of_the_base_measure_comes_near_the_truth_and_keeps_its_best() -> None:
    truth = ProductBase(SPACE, 2 * torch.randn(4, 3, generator=torch.Generator().manual_seed(0)))
    generator = torch.Generator().manual_seed(1)
    training, held_out = truth.sample(400, generator), truth.sample(2_000, generator)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        base = AutoregressiveBase(PixelCNN(SPACE, channels=4, blocks=1))
    fit = BaseFit(base, training, held_out, (None, None), 0)
    before = fit.nats
    looks = [fit.epoch() for _ in range(12)]
    assert fit.nats == min(before, *looks)
    assert float(nats(base, held_out).mean()) == pytest.approx(fit.nats, abs=1e-5)
    exact = -float(truth.log_prob(held_out).mean())
    assert exact - 0.05 <= fit.nats <= exact + 0.15


def test_patience_ends_the_fit() -> None:
    made = trainer()
    fit = made.base_fit
    assert fit is not None
    fit.nats, fit.since = -1.0, PATIENCE - 1
    made.advance()
    assert not made.is_preparing


def test_weights_of_items_count_as_rows() -> None:
    """An item of weight 2 is as good as two of it, to the validation items too."""
    x, held_out = images(6, 3), images(5, 4)
    counts = torch.tensor([2.0, 1, 1, 1, 1])
    twice = torch.cat([held_out[:1], held_out])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        base = AutoregressiveBase(PixelCNN(SPACE, channels=4, blocks=1))
    weighted = BaseFit(base, x, held_out, (torch.ones(6), counts), 0)
    assert weighted.nats == pytest.approx(BaseFit(base, x, twice, (None, None), 0).nats, abs=1e-5)


@pytest.mark.parametrize(
    ("choice", "words"),
    [({"model": "rbm"}, "learned observables"), ({"fit": "likelihood"}, "Min-MaxEnt"),
     ({"replicas": 4}, "leave out replicas"), ({"base": "gaussian"}, "independent, autoregressive")],
)  # fmt: skip
def test_what_cannot_go_together_is_said(choice: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Configuration(**({"base": "autoregressive"} | choice))  # type: ignore[arg-type]
