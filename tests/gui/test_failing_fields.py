"""A user-defined field that fails, wherever that comes: it is switched off by name, and the chains go on."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from landscape_app.data.dataset import Dataset
from landscape_app.gui.engine import Engine
from landscape_app.gui.state import Activity, Fault
from landscape_app.physics.fields.custom import CustomField
from landscape_app.physics.fields.pixels import InkAmount, SymmetryAbout
from landscape_app.problems import PROBLEMS
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.custom_field import read_source
from tests.gui.driving import PATIENCE, Desk

COUNTED = """
import sys
import torch

calls = []


def energy(x):
    calls.append(len(x))
    v = (x / 16).mean((1, 2))
    if len(calls) < {first}:
        return v
    {failure}
"""

FAILURES = {
    "not a number": "return v / 0 * 0",
    "another shape": "return v[:, None]",
    "an error": "raise RuntimeError('enough')",
    "an exit": "sys.exit('enough')",
    "an endless slope": "return (v - v.detach()).abs().sqrt()",
    "a lost slope": "w = x.exp(); e = w.square().sum((1, 2)) * 0; w += 1; return e",
    "no energy": "return None",
}

NEVER = 10**9
TRIALS = 2

NAME = "mine"
OTHERS = (Layer(SymmetryAbout(), 0.5), Layer(InkAmount(0.3), 20.0))


class FieldDesk(Desk):
    """A desk, and what a user does with a field of their own.

    Args:
        run: file of the run.
        folder: for the user-defined field.
    """

    def __init__(self, run: Path, folder: Path) -> None:
        super().__init__(run)
        self.path = folder / f"{NAME}.py"
        self.faults_before = 0

    def load(self, first: int, failure: str) -> None:
        """A new user-defined field, which fails from some call on; the chains are under the other fields alone."""
        self.path.write_text(COUNTED.format(first=first, failure=FAILURES[failure]))
        source = read_source(self.path)
        self.engine.compare(None)
        self.engine.follow_chain(None)
        self.engine.compose(Composition(OTHERS))
        self.engine.play(True)
        self.engine.trust_field(source)
        self.turn()
        self.field = CustomField(str(source.path), source.digest)
        self.faults_before = len(self.engine.state.faults)

    def compose(self, strength: float = 1.0, hurried: bool = False) -> None:
        """Adds the user-defined field, which a person does not once it has failed."""
        if not self.faults:
            self.engine.compose(Composition((*OTHERS, Layer(self.field, strength))), hurried)
            self.turn()

    @property
    def calls(self) -> int:
        function = self.session.composer.trusted[self.field.digest]
        return len(function.__globals__["calls"])

    @property
    def faults(self) -> tuple[Fault, ...]:
        return self.engine.state.faults[self.faults_before :]


def begin(desk: FieldDesk) -> None:
    desk.compose()


def walk(desk: FieldDesk) -> None:
    desk.turn(4)


def follow(desk: FieldDesk) -> None:
    desk.engine.follow_chain(2)
    desk.turn(4)


def slide(desk: FieldDesk) -> None:
    for strength in (1.01, 1.02):
        desk.compose(strength, hurried=True)


def measure(desk: FieldDesk) -> None:
    desk.engine.play(False)
    desk.compose(1.5)
    desk.engine.play(True)


def compare(desk: FieldDesk) -> None:
    """The field in A, and in A alone."""
    desk.engine.compare(desk.engine.state.composition)
    desk.turn(2)
    desk.compose(1.6, hurried=True)
    desk.engine.compose(Composition(OTHERS))
    desk.turn(4)
    desk.engine.compare(None)
    desk.compose()


def barrier(desk: FieldDesk) -> None:
    items = desk.session.dataset.training_items
    desk.engine.find_barrier(items[0], items[1])
    desk.turn(6)
    desk.engine.stop_search()


def minima(desk: FieldDesk) -> None:
    desk.engine.find_minima()
    desk.turn(6)
    desk.engine.stop_search()


def dissect(desk: FieldDesk) -> None:
    desk.engine.dissect(desk.session.dataset.training_items[3])
    desk.turn()


def restart(desk: FieldDesk) -> None:
    for place, count in (("chains", 20), ("noise", 20), ("data", 16)):
        desk.engine.restart(place, count)
        desk.turn()
    desk.engine.restart_one(1)
    desk.turn()


def change_kernel(desk: FieldDesk) -> None:
    desk.engine.set_kernel("single-site")
    desk.turn(2)
    desk.engine.set_kernel("discrete-langevin")
    desk.turn()


def discriminator_training(desk: FieldDesk) -> None:
    desk.engine.train_discriminator()
    desk.turn(3)


def train(desk: FieldDesk) -> None:
    desk.engine.train()
    desk.compose(1.2)
    desk.turn(2)
    desk.engine.pause()
    desk.turn()


PLACES = (
    begin, walk, follow, slide, measure, compare, barrier, minima, dissect, restart, change_kernel,
    discriminator_training, train,
)  # fmt: skip


@pytest.fixture(scope="module")
def desk(small_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FieldDesk]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("landscape_app.session.discriminator.GENERATED", 64)
        patch.setattr("landscape_app.gui.engine.JUMP_MOVES", 2)
        patch.setattr(
            "landscape_app.session.discriminator.discriminator_passes.__defaults__", (1, 64, 3e-3, 1e-2)
        )
        yield FieldDesk(small_run, tmp_path_factory.mktemp("fields"))


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_a_field_that_fails_is_switched_off_by_name_and_the_chains_go_on(
    place: Callable[[FieldDesk], None], desk: FieldDesk
) -> None:
    def go(first: int, failure: str) -> tuple[int, int]:
        """Goes to the place; the calls before and in it."""
        desk.load(first, failure)
        if place is not begin:
            begin(desk)
        before = desk.calls
        place(desk)
        return before, desk.calls - before

    before, within = go(NEVER, "an error")
    assert not desk.faults
    assert within > 0
    generator = np.random.default_rng(PLACES.index(place))
    for failure in generator.choice(list(FAILURES), TRIALS, replace=False):
        go(before + int(generator.integers(1, within + 1)), failure)
        # What the clock decides, such as when statistics are due, may move the call out of the place.
        for _ in range(400):
            if desk.faults:
                break
            desk.turn()
        check_that_it_is_off(desk)


def check_that_it_is_off(desk: FieldDesk) -> None:
    # A search that began under it may be the second to find out.
    assert {fault.name for fault in desk.faults} == {NAME}
    state = desk.engine.state
    assert state.message.kind == "error"
    assert f"“{NAME}”" in state.message.text
    desk.turn(3)
    state = desk.engine.state
    own = [layer for layer in state.composition.layers if isinstance(layer.field, CustomField)]
    assert not any(layer.enabled for layer in own)
    assert state.composition.acting == OTHERS
    assert state.compared is None
    assert state.activity is Activity.SAMPLING
    chains = desk.session.sampler.chains
    assert bool(desk.session.space.contains(chains.x).all())
    assert bool(chains.energy.isfinite().all())
    sweep, told = desk.session.sampler.steps, state.message_number
    end = time.monotonic() + PATIENCE / 1000
    while desk.session.sampler.steps <= sweep and time.monotonic() < end:
        desk.turn(1)
    assert desk.session.sampler.steps > sweep
    assert desk.engine.state.message_number == told
    assert desk.engine.state.faults == state.faults


def test_a_field_that_fails_on_the_map_alone_is_switched_off_there(tmp_path: Path) -> None:
    """Over points the landscape is surveyed far beyond where chains are."""
    engine = Engine(threads=1)
    generator = np.random.default_rng(0)
    points = Dataset.of_points(generator.normal(size=(200, 2)).astype(np.float32))
    engine.new(replace(PROBLEMS["points"].defaults, chains=64), train=False, dataset=points)
    path = tmp_path / f"{NAME}.py"
    path.write_text(
        "def energy(x):\n    v = x.flatten(1).square().sum(1)\n    return v.where(len(x) < 1000, v / 0 * 0)\n"
    )
    source = read_source(path)
    engine.trust_field(source)
    engine.play(True)
    engine.turn()
    number = engine.state.message_number
    engine.compose(Composition((Layer(CustomField(str(path), source.digest), 0.1),)))
    for _ in range(6):
        engine.turn()
    state = engine.state
    assert [fault.name for fault in state.faults] == [NAME]
    assert state.message_number == number + 1
    assert not state.composition.acting
    assert state.sweep is not None
    assert state.snapshot.landscape is not None
