"""One classifier for all tests of the session, which depends on the data alone."""

from collections.abc import Callable

import pytest

from landscape_app.learning.schedule import Schedule
from landscape_app.problems.problem import Configuration
from landscape_app.session.session import Session

NewSession = Callable[..., Session]


@pytest.fixture(scope="session")
def classified_session() -> Session:
    """A session whose classifier is trained, and nothing else."""
    session = Session(Configuration(chains=2), "cpu", sampler_chains=1)
    # Four standard errors below 0.965, measured on 400 images.
    assert session.train_classifier(epochs=40) > 0.925
    return session


@pytest.fixture
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
