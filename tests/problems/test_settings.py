"""Settings that have no use in a run, against the model that is built with and without them."""

from dataclasses import replace

import pytest
import torch

from landscape_app.data import Dataset
from landscape_app.learning import FITS
from landscape_app.models import MODELS
from landscape_app.problems import (
    AUTOREGRESSIVE,
    PROBLEMS,
    Configuration,
    fitted_otherwise,
    model_obstacle,
    unused_settings,
    ways_on,
)
from landscape_app.problems.model import build_model, build_space
from landscape_app.problems.problem import Problem

SHIPPED = [problem for problem in PROBLEMS.values() if problem.load is not None]


def built(plan: Configuration, data: Dataset) -> object:
    """Shapes of the model's parameters and kind of its base measure; None where it is refused."""
    try:
        model = build_model(plan, build_space(data), torch.as_tensor(data.training_items[:50]).float())
        FITS[plan.way_of_fitting].check(model)
    except ValueError:
        return None
    return [tuple(values.shape) for values in model.state_dict().values()], type(model.base_measure)


@pytest.mark.parametrize("problem", SHIPPED, ids=lambda problem: problem.name)
def test_a_setting_has_no_use_exactly_where_it_changes_no_model(problem: Problem) -> None:
    assert problem.load is not None
    data = problem.load()
    for model, fits in ways_on(problem.space).items():
        for fit in fits:
            plan = fitted_otherwise(replace(problem.defaults, model=model, fit=fit))
            unused, usual = unused_settings(plan, problem.space), built(plan, data)
            assert usual is not None
            changes: dict[str, object] = {
                "units": plan.hidden_units + 1,
                "observables": plan.observables + 1,
                "members": 2,
                "base": AUTOREGRESSIVE,
            }
            for name, value in changes.items():
                try:
                    other = built(replace(plan, **{name: value}), data)  # type: ignore[arg-type]
                except ValueError:
                    other = None
                # Members that do not learn apart are one network of several parts, which is no choice of its own.
                expected = other in (None, usual) or (name == "members" and fit != "min-maxent")
                assert (name in unused) == expected, (model, fit, name, unused)


def test_members_and_a_learned_base_measure_exclude_each_other() -> None:
    plan, space = PROBLEMS["digits"].defaults, PROBLEMS["digits"].space
    assert not {"members", "base"} & set(unused_settings(plan, space))
    assert "base" in unused_settings(replace(plan, members=2), space)
    assert "members" in unused_settings(replace(plan, base=AUTOREGRESSIVE), space)


def test_a_rule_in_one_step_has_no_length() -> None:
    plan = fitted_otherwise(replace(PROBLEMS["letters"].defaults, model="pairs", fit="hebb"))
    assert unused_settings(plan, PROBLEMS["letters"].space)["planned_epochs"]
    assert "planned_epochs" not in unused_settings(replace(plan, fit="likelihood"), PROBLEMS["letters"].space)


@pytest.mark.parametrize("problem", SHIPPED, ids=lambda problem: problem.name)
def test_models_that_cannot_be_of_a_space_say_why(problem: Problem) -> None:
    able = {name for name in MODELS if not model_obstacle(name, problem.space)}
    assert able == set(ways_on(problem.space))
    assert all(model.about.endswith(".") for model in MODELS.values())
