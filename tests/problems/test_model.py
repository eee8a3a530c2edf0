"""Models and trainers of configurations: what they are before any training."""

from dataclasses import replace

import pytest
import torch

from landscape_app.models.observables import ConvObservables, PairObservables, PerceptronObservables
from landscape_app.problems import PROBLEMS
from landscape_app.problems.model import build_model, build_space, build_trainer, training_data
from landscape_app.problems.networks import CONVOLUTIONS, FULL_RESOLUTION, PAIRS
from landscape_app.problems.problem import Configuration


def parts(configuration: Configuration) -> tuple[torch.Tensor, torch.Tensor, object]:
    data = training_data(configuration, None)
    training = torch.as_tensor(data.training_items).float()
    return training, torch.as_tensor(data.held_out_items).float(), build_space(data)


@pytest.mark.parametrize(
    ("problem", "changes", "kind"),
    [
        ("digits", {"network": CONVOLUTIONS}, ConvObservables),
        ("digits", {"network": FULL_RESOLUTION, "channels": (3, 4)}, ConvObservables),
        ("two-gaussians", {}, PerceptronObservables),
        ("ising", {"network": PAIRS}, PairObservables),
    ],
)
def test_an_untrained_model_is_its_base_measure(problem: str, changes: dict[str, str], kind: type) -> None:
    plan = replace(PROBLEMS[problem].defaults, chains=4, **changes)
    training, held_out, space = parts(plan)
    model = build_model(plan, space, training)  # type: ignore[arg-type]
    assert isinstance(model.observables, kind)
    torch.testing.assert_close(model.target.surprisal(held_out), -model.base_measure.log_prob(held_out))
    again = build_model(plan, space, training)  # type: ignore[arg-type]
    assert all(torch.equal(a, b) for a, b in zip(model.values(), again.values(), strict=True))
    other = build_model(replace(plan, seed=1), space, training)  # type: ignore[arg-type]
    assert not all(torch.equal(a, b) for a, b in zip(model.values(), other.values(), strict=True))
    trainer = build_trainer(plan, model, training, held_out)
    assert trainer.model is model
    assert (trainer.epoch, len(trainer.ensemble)) == (0, 4)


def test_a_kernel_that_cannot_move_there_is_refused() -> None:
    plan = replace(PROBLEMS["two-gaussians"].defaults, kernel="discrete-langevin")
    training, held_out, space = parts(plan)
    with pytest.raises(ValueError, match="moves on"):
        build_trainer(plan, build_model(plan, space, training), training, held_out)  # type: ignore[arg-type]
