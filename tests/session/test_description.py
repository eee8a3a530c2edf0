"""Settings of a run as `landscape info` and the report describe them."""

from dataclasses import replace
from itertools import islice

import pytest

from landscape_app.learning.schedule import Schedule
from landscape_app.problems import PROBLEMS, Configuration
from landscape_app.session.checkpoint import run_state
from landscape_app.session.description import sections_of
from landscape_app.session.session import Session
from landscape_app.session.vocabulary import setting_name

PLAN = replace(PROBLEMS["two-gaussians"].defaults, chains=16, planned_epochs=40)
LIMIT, IN_EFFECT = "theta rate, limit", "theta rate, in effect"


@pytest.mark.parametrize(
    ("plan", "is_lower"),
    [
        (replace(PLAN, schedule=Schedule(theta_rate=0.02, theta_path=1e-5)), True),
        (replace(PLAN, schedule=Schedule(theta_rate=0.02, theta_path=1e-5), planned_seconds=60.0), True),
        (replace(PLAN, schedule=Schedule(theta_rate=0.02, theta_path=10.0)), False),
        (replace(PLAN, schedule=Schedule(theta_rate=0.02)), False),
        # Other ways of fitting take the rate as it is.
        (replace(PLAN, fit="persistent", schedule=Schedule(theta_rate=0.02, theta_path=1e-5)), False),
    ],
)
def test_the_rate_of_theta_has_its_limit_and_the_one_in_effect_under_their_names(
    plan: Configuration, is_lower: bool
) -> None:
    session = Session(plan, "cpu", sampler_chains=4)
    for _ in islice(session.train(), 2):
        pass
    state = run_state(session, passing=True)
    rows = dict(sections_of(state, "run.h5")["How it was made"])
    # As of a file from before it was kept.
    older = replace(state, provenance={k: v for k, v in state.provenance.items() if "in_effect" not in k})
    assert dict(sections_of(older, "run.h5")["How it was made"]) == rows
    assert rows[LIMIT] == "0.02"
    in_effect = float(rows[IN_EFFECT])
    assert (in_effect < 0.02) == is_lower
    if plan.way_of_fitting == "min-maxent":
        session.trainer.progress = session.progress
        # Before it falls, as it does from the first epoch on.
        share = session.trainer.rate_share
        assert share * in_effect == pytest.approx(session.trainer.theta_rate, rel=1e-5)  # type: ignore[attr-defined]
    names = list(rows)
    assert names.index(IN_EFFECT) == names.index(LIMIT) + 1
    # Runs are listed and compared under the same name.
    assert setting_name("theta_rate") == LIMIT
