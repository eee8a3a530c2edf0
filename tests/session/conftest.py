"""One classifier for all tests of the session, which depends on the data alone: that of the model that ships."""

from collections.abc import Callable

import pytest

from landscape_app.data.assets import SHIPPED_MODEL, asset_path
from landscape_app.learning.schedule import Schedule
from landscape_app.problems.problem import Configuration
from landscape_app.session.checkpoint import open_session
from landscape_app.session.session import Session

NewSession = Callable[..., Session]


@pytest.fixture(scope="session")
def classified_session() -> Session:
    """A session whose classifier is trained, and nothing else."""
    session = Session(Configuration(chains=2), "cpu", sampler_chains=1)
    session.adopt_classifier(open_session(asset_path(SHIPPED_MODEL), "cpu", sampler_chains=1))
    return session


@pytest.fixture(scope="session")
def new_session(classified_session: Session) -> NewSession:
    """Makes a small session on the CPU, with a classifier."""

    def make(seed: int = 5, chains: int = 32, sampler_chains: int = 24, replicas: int = 1) -> Session:
        schedule = Schedule(weighted=replicas == 1)
        configuration = Configuration(
            seed=seed,
            chains=chains,
            replicas=replicas,
            observables=4,
            channels=(4, 8),
            schedule=schedule,
        )
        session = Session(configuration, "cpu", sampler_chains)
        session.adopt_classifier(classified_session)
        return session

    return make
