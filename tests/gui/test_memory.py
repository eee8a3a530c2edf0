"""Too little memory, wherever the engine meets it: the window says what to make smaller, and has what it had."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from landscape_app.gui.run_files import RunFiles
from landscape_app.gui.state import Activity
from landscape_app.learning.minmaxent import MinMaxEnt
from landscape_app.physics.hamiltonian import Hamiltonian
from landscape_app.problems.problem import Configuration
from landscape_app.session import checkpoint, discriminator, sampler
from landscape_app.session.composition import Composition
from landscape_app.session.convergence import ConvergenceTest
from landscape_app.session.landscape import dissection, minima
from landscape_app.session.landscape.barrier import BarrierSearch
from landscape_app.session.landscape.map import ImageMap
from landscape_app.session.session import Session
from tests.gui.driving import Desk


class MemoryDesk(Desk):
    """A desk on a run whose chains move, and whose memory fills up."""

    def __init__(self, run: Path) -> None:
        super().__init__(run)
        self.run = run

    @contextmanager
    def fails(
        self, owner: Any, name: str, words: str, when: Callable[[], bool] = lambda: True
    ) -> Iterator[None]:
        """What is done in the block meets a full memory in a function, and the window says so in these words."""
        told = self.state.message_number
        before = getattr(owner, name)

        def full(*args: Any, **kwargs: Any) -> Any:
            if when():
                raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
            return before(*args, **kwargs)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(owner, name, full)
            yield
        assert self.state.message_number > told
        message = self.state.message
        assert message is not None
        assert message.kind == "error"
        assert message.text.startswith("There is not enough memory on the GPU for ")
        assert words in message.text, message.text
        assert not self.state.busy

    def check_that_chains_move(self) -> None:
        self.engine.play(True)
        steps = self.session.sampler.steps
        self.turn(3)
        assert self.state.activity is Activity.SAMPLING
        assert self.session.sampler.steps > steps


@pytest.fixture(scope="module")
def desk(small_run: Path) -> Iterator[MemoryDesk]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("landscape_app.gui.engine.JUMP_MOVES", 2)
        yield MemoryDesk(small_run)


def test_training_pauses_on_the_epoch_before(desk: MemoryDesk) -> None:
    start = desk.session.trainer.epoch
    desk.engine.train()
    with desk.fails(
        MinMaxEnt,
        "run_epoch",
        f"as it was after epoch {start + 1}",
        lambda: desk.session.trainer.epoch > start,
    ):
        desk.turn(2)
    assert desk.state.failed
    assert len(desk.session.history) == desk.session.trainer.epoch == start + 1
    desk.check_that_chains_move()
    desk.engine.step_epoch()
    desk.turn()
    assert desk.session.trainer.epoch == start + 2
    assert not desk.state.failed


def test_a_model_that_could_not_rest_rests_before_its_chains_move_again(desk: MemoryDesk) -> None:
    desk.engine.train()
    desk.turn()
    desk.engine.pause()
    with desk.fails(MinMaxEnt, "rest", "for training"):
        desk.turn()
        assert desk.state.activity is Activity.STILL
        assert desk.session.trainer.live is None
    desk.check_that_chains_move()
    assert desk.session.trainer.live is not None


def test_a_recording_that_fails_is_told_once_and_training_goes_on(desk: MemoryDesk) -> None:
    def full(_: RunFiles) -> None:
        raise MemoryError

    told, epoch = desk.state.message_number, desk.session.trainer.epoch
    desk.engine.train()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RunFiles, "autosave", full)
        desk.turn(3)
    assert desk.session.trainer.epoch == epoch + 3
    assert desk.state.message_number == told + 1
    assert desk.state.message is not None
    assert desk.state.message.text.startswith("This run is no longer recorded: There is not enough memory")
    desk.engine.pause()
    desk.turn()
    desk.check_that_chains_move()


@pytest.mark.parametrize("place", ["start_positions", "snapshot"])
def test_more_chains_than_there_is_memory_for_leave_those_that_there_are(
    desk: MemoryDesk, place: str
) -> None:
    """4,096 that cannot be made, and that can be moved but not shown."""
    before = desk.session.sampler.chains.state
    desk.engine.play(False)
    made = place == "snapshot"
    with desk.fails(
        Hamiltonian if made else sampler,
        "energy" if made else place,
        "Fewer chains",
        lambda: not made or len(desk.session.sampler) > 1000,
    ):
        desk.engine.restart("noise", 4096)
        desk.turn()
    assert desk.session.sampler.chains.state is before or torch.equal(desk.session.sampler.chains.x, before.x)
    assert len(desk.session.sampler.ancestors) == len(before.x)
    assert desk.state.snapshot is not None
    assert len(desk.state.snapshot.x) == len(before.x)
    desk.check_that_chains_move()


def test_a_step_that_fails_holds_the_chains_where_they_are(desk: MemoryDesk) -> None:
    desk.engine.play(True)
    kernel, before = desk.session.sampler.chains.kernel, desk.session.sampler.chains.x
    with desk.fails(kernel, "step", "Fewer chains, or another kernel"):
        desk.turn(3)
        assert desk.state.activity is Activity.STILL
    assert desk.session.sampler.chains.x is before
    desk.check_that_chains_move()


def test_a_composition_that_cannot_be_had_leaves_the_one_there_is(desk: MemoryDesk) -> None:
    with desk.fails(sampler, "resample_move", "fewer fields"):
        desk.engine.compose(Composition.towards(3))
        desk.turn()
    assert desk.session.composition.is_model
    assert desk.state.composition.is_model
    desk.check_that_chains_move()


@pytest.mark.parametrize("search", ["barrier", "minima", "dissect"])
def test_a_search_that_fails_is_over(desk: MemoryDesk, search: str) -> None:
    items = desk.session.dataset.training_items
    owner, name = {
        "barrier": (BarrierSearch, "_at"),
        "minima": (minima, "Descent"),
        "dissect": (dissection, "describe_term"),
    }[search]
    with desk.fails(owner, name, "search on the landscape"):
        {
            "barrier": lambda: desk.engine.find_barrier(items[0], items[1]),
            "minima": desk.engine.find_minima,
            "dissect": lambda: desk.engine.dissect(items[0]),
        }[search]()
        desk.turn(3)
    assert desk.state.landscape is not None
    assert not desk.state.landscape.searching
    desk.check_that_chains_move()


def test_a_convergence_test_that_fails_is_over(desk: MemoryDesk) -> None:
    with desk.fails(ConvergenceTest, "_moved", "convergence test"):
        desk.engine.test_convergence()
        desk.turn(2)
    assert not desk.state.testing
    desk.check_that_chains_move()


def test_a_network_that_cannot_be_trained_is_given_up(desk: MemoryDesk) -> None:
    accuracy = desk.session.classifier_accuracy
    with (
        desk.fails(discriminator, "_split", "a network on the images"),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(discriminator, "GENERATED", 64)
        desk.engine.train_discriminator()
        desk.turn(8)
    assert not desk.state.beside
    with desk.fails(torch.nn.functional, "cross_entropy", "a network on the images"):
        desk.engine.train_classifier()
        desk.turn(3)
    assert not desk.state.beside
    assert desk.session.classifier_accuracy == accuracy
    desk.check_that_chains_move()


@pytest.mark.parametrize(
    ("owner", "name", "words"),
    [
        (checkpoint, "restore", "opening this run"),
        (Session, "energy_sets", "GPU for"),
        (ImageMap, "of", "GPU for"),
    ],
)
def test_a_run_that_cannot_be_opened_leaves_the_one_on_view(
    desk: MemoryDesk, owner: Any, name: str, words: str
) -> None:
    before, facts = desk.session, desk.state.facts
    with desk.fails(owner, name, words):
        desk.engine.open(desk.run)
        desk.turn()
    assert desk.session is before
    assert desk.state.facts is facts
    desk.check_that_chains_move()
    desk.engine.follow_chain(1)
    desk.turn()
    assert desk.state.snapshot is not None
    assert desk.state.snapshot.followed is not None


def test_a_new_run_that_cannot_be_had_leaves_the_one_on_view(desk: MemoryDesk) -> None:
    before = desk.session
    with desk.fails(Session, "adopt_classifier", "for this"):
        desk.engine.new(Configuration(chains=8), train=True)
        desk.turn()
    assert desk.session is before
    desk.check_that_chains_move()
