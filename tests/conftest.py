"""What every test shares: no display, one compute thread unless told otherwise, and settings of its own."""

import gc
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

# Before torch and Polars are imported, here and in the commands that tests start: each worker has one core to itself.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("POLARS_MAX_THREADS", "1")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from hypothesis import HealthCheck, settings

# Compiled tests and modules are kept even where the environment says otherwise: else every worker compiles all tests
# anew in each run, and every command that a test starts the whole package.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# A shell that starts the tests in the background lets them ignore Ctrl-C, which some of them send.
signal.signal(signal.SIGINT, signal.default_int_handler)
# The same examples everywhere, whatever else the machine is doing.
settings.register_profile(
    "landscape",
    deadline=None,
    derandomize=True,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("landscape")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Leaves what is imported to itself: looking for cycles in it, again and again, takes a second in each worker."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the tests of the session last, in their order.

    A worker that is done takes half of the last tests of the other. What these share is made in a moment; a wheel and
    its environment, which the tests beside the rooms share, would be made by both.
    """
    session = Path(__file__).parent / "session"
    items.sort(key=lambda item: item.path.is_relative_to(session))


@pytest.fixture(autouse=True, scope="session")
def compute_threads() -> None:
    """As many threads as the environment says; set here, as the process that starts the workers needs no torch."""
    import torch

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))


@pytest.fixture(autouse=True, scope="session")
def few_components() -> None:
    """Base measures of tables are chosen among few mixtures, which takes a tenth of the time."""
    from landscape_app.physics import mixture

    mixture.COMPONENTS = (1, 2, 3)
    mixture.UNCORRELATED = mixture.UNCORRELATED[:1]
    mixture.COMMON = mixture.COMMON[::2]
    mixture.MEMBERS = 2


@pytest.fixture(autouse=True, scope="session")
def own_user_folders(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give settings, data and caches a temporary home, so that a test neither reads nor writes the user's."""
    home = tmp_path_factory.mktemp("user")
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        folder = home / variable.lower()
        folder.mkdir()
        os.environ[variable] = str(folder)


@pytest.fixture(autouse=True, scope="session")
def few_fresh_chains() -> tuple[int, int]:
    """A training ends with few fresh chains and short ones; returns the rounds and steps that users have."""
    from landscape_app.learning import equilibrium_dual
    from tests import fresh_chains

    rounds_and_steps = equilibrium_dual.ROUNDS, equilibrium_dual.STEPS
    fresh_chains.few_fresh_chains()
    return rounds_and_steps


@pytest.fixture
def multipliers_to_the_end(few_fresh_chains: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Multipliers are solved in as many rounds on fresh samples as users have."""
    from landscape_app.learning import equilibrium_dual

    for name, value in zip(("ROUNDS", "STEPS"), few_fresh_chains, strict=True):
        monkeypatch.setattr(equilibrium_dual, name, value)
