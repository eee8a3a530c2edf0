"""The background thread of the playground: moves chains on a surface, and leaves a scene in the mailbox."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import torch

from landscape_app.gui import pace
from landscape_app.gui.commands import CommandQueue
from landscape_app.gui.failures import background, failure_message
from landscape_app.gui.frame import Message
from landscape_app.physics.diagnostics import LEAST_STEPS, effective_sample_size
from landscape_app.physics.kernels import kernels_for
from landscape_app.physics.surfaces import SURFACES, KernelDensity, Surface
from landscape_app.session import EnsembleSnapshot, KernelRecord, Landscape, Mixing, SurfaceRun
from landscape_app.session.memory import SURVEYING

DEFAULT_SURFACE = "banana"
DEFAULT_KERNEL = "hmc"
DEFAULT_CHAINS = 64
DEFAULT_SPEED = 8.0
MIXING_SECONDS = 1.0
JUDGED_SHARE = 10.0
"""How many times as long as the last judgement took the chains move before the next."""

NO_DATA = np.zeros((0, 2), np.float32)


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything the playground shows, at one moment; replaced whole, never changed.

    Attributes:
        number: grows with every surface that comes on view.
        title, formula, about: of the surface.
        landscape: H and p; None while the first is made.
        data: the points that the surface was made of, shape (n, coordinates); none for most.
        chains: where they are.
        followed: the chain that is followed.
        kernel: what moves them.
        kernels: names of those that can.
        temperature: T.
        steps: since the start.
        moving: whether they move by themselves.
        rate: steps a second.
        mixing: how well they mix; None where there is too little to say.
        message: the last thing to tell; `message_number` grows with every new one.
    """

    number: int = 0
    title: str = ""
    formula: str = ""
    about: str = ""
    landscape: Landscape | None = None
    data: np.ndarray = field(default_factory=lambda: NO_DATA)
    chains: EnsembleSnapshot | None = None
    followed: int | None = 0
    kernel: KernelRecord | None = None
    kernels: tuple[str, ...] = ()
    temperature: float = 1.0
    steps: int = 0
    moving: bool = False
    rate: float = 0.0
    mixing: Mixing | None = None
    message: Message | None = None
    message_number: int = 0


class PlaygroundRunner:
    """Drives one run in a background thread.

    Every method returns at once: it queues a command, done between two steps. `scene` is the mailbox. Nothing here
    knows Qt.
    """

    def __init__(self) -> None:
        self.scene = Scene()
        self._commands = CommandQueue()
        self._run: SurfaceRun | None = None
        self._pace = pace.Pace()
        self._speed = DEFAULT_SPEED
        self._start = "everywhere"
        self._tracked = False
        self._judging = 0.0
        self._ending = False
        self._thread = background("playground", self._work, self._fail)

    def start(self) -> None:
        """Starts the thread, with the first surface."""
        self.choose(DEFAULT_SURFACE)
        self._post(_load_diagnostics)
        self._thread.start()

    def end(self, timeout: float = 10.0) -> None:
        """Ends the thread."""
        self._post(self._end)
        if self._thread.is_alive():
            self._thread.join(timeout)

    def choose(self, name: str) -> None:
        """Takes one of the surfaces."""
        self._post(lambda: self._take(SURFACES[name]()), "surface")

    def take_points(self, points: np.ndarray, width_factor: float) -> None:
        """Takes the density of points, shape (n, 2), as the surface."""
        x = torch.as_tensor(points, dtype=torch.float32)
        self._post(lambda: self._take(KernelDensity(x, width_factor)), "surface")

    def set_temperature(self, temperature: float) -> None:
        """Heats or cools."""
        self._post(lambda: self._heat(temperature), "temperature")

    def set_kernel(self, name: str) -> None:
        """Moves the chains with another kernel."""
        self._post(lambda: self._change(lambda run: run.set_kernel(name)))

    def tune_kernel(self, *, automatic: bool = False, **parameters: float) -> None:
        """Sets parameters of the kernel, or lets it tune itself."""
        self._post(lambda: self._change(lambda run: run.tune_kernel(automatic, parameters)))

    def restart(self, start: str, chains: int) -> None:
        """Starts the chains anew."""
        self._post(lambda: self._restart(start, chains), "restart")

    def play(self, moving: bool) -> None:
        """Lets the chains move, or holds them."""
        self._post(lambda: self._play(moving))

    def step(self) -> None:
        """One step, then hold."""
        self._post(self._step_once)

    def set_speed(self, steps_per_second: float) -> None:
        """Steps a second; infinity for as fast as can be."""
        self._post(lambda: self._hurry(steps_per_second), "speed")

    def follow(self, chain: int | None) -> None:
        """Follows a chain, or none."""
        self._post(lambda: self._follow(chain), "follow")

    def track(self, wanted: bool) -> None:
        """Whether scenes shall tell where all chains have been."""
        self._post(lambda: self._track(wanted), "track")

    def _post(self, action: Callable[[], None], replaces: str = "") -> None:
        self._commands.post(action, replaces)

    def _work(self) -> None:
        torch.set_num_threads(1)
        while not self._ending:
            patience = self._pace.wait() if self.scene.moving else None
            for command in self._commands.take(patience):
                self._attempt(command.action)
            if self.scene.moving and not self._ending and self._pace.is_step_due(1 / self._speed):
                self._attempt(self._move)

    def _attempt(self, action: Callable[[], None]) -> None:
        """Does something, and tells of its failure: the one place that catches all of them."""
        try:
            action()
        except BaseException as error:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if not isinstance(error, ValueError):
            self._update(moving=False)
        self._tell(failure_message(error, work=SURVEYING))

    def _take(self, surface: Surface) -> None:
        scene = self.scene
        chains = DEFAULT_CHAINS if scene.chains is None else len(scene.chains.positions)
        kernel = DEFAULT_KERNEL if scene.kernel is None else scene.kernel.name
        run = SurfaceRun(surface, kernel, chains, self._start, scene.temperature)
        run.follow(scene.followed)
        landscape = run.landscape
        self._run = run
        self._pace.restart()
        data = surface.points.numpy() if isinstance(surface, KernelDensity) else NO_DATA
        self._update(
            number=scene.number + 1,
            title=surface.label,
            formula=surface.formula,
            about=surface.about,
            landscape=landscape,
            data=data,
            kernels=tuple(kernels_for(surface.target())),
            mixing=None,
        )
        self._show()

    def _heat(self, temperature: float) -> None:
        def heat(run: SurfaceRun) -> None:
            run.set_temperature(temperature)
            self._update(temperature=temperature, landscape=run.landscape)

        self._change(heat)

    def _restart(self, start: str, chains: int) -> None:
        self._change(lambda run: run.restart(start, chains))
        self._start = start

    def _change(self, change: Callable[[SurfaceRun], None]) -> None:
        """Changes the run, and shows it at once."""
        if self._run is not None:
            change(self._run)
            self._judge()
            self._show()

    def _follow(self, chain: int | None) -> None:
        if self._run is not None:
            self._run.follow(chain)
            self._show()

    def _play(self, moving: bool) -> None:
        self._pace.restart()
        self._update(moving=moving, rate=0.0)

    def _step_once(self) -> None:
        self._play(False)
        self._move()
        self._judge()

    def _hurry(self, steps_per_second: float) -> None:
        self._speed = steps_per_second
        self._pace.hasten("step")

    def _track(self, wanted: bool) -> None:
        self._tracked = wanted
        self._show()

    def _move(self) -> None:
        if self._run is None:
            return
        self._run.step()
        self._update(rate=self._pace.rate())
        if not self.scene.moving or self._pace.is_due("scene", pace.FRAME_SECONDS):
            self._show()
        if self._pace.is_due("mixing", max(MIXING_SECONDS, JUDGED_SHARE * self._judging)):
            self._judge()

    def _judge(self) -> None:
        if self._run is not None:
            begin = time.perf_counter()
            self._update(mixing=self._run.mixing())
            self._judging = time.perf_counter() - begin

    def _show(self) -> None:
        """Leaves the chains as they are."""
        run = self._run
        if run is not None:
            tracks = self._tracked or run.surface.space.sites == 1
            self._update(
                chains=run.snapshot(tracks), followed=run.followed, kernel=run.kernel, steps=run.steps
            )

    def _tell(self, message: Message) -> None:
        self._update(message=message, message_number=self.scene.message_number + 1)

    def _end(self) -> None:
        self._ending = True

    def _update(self, **changes: object) -> None:
        self.scene = replace(self.scene, **changes)  # type: ignore[arg-type]


def _load_diagnostics() -> None:
    """Judges something small: the first judgement loads what takes a second, during which the chains would stand."""
    effective_sample_size(np.random.default_rng(0).standard_normal((2, LEAST_STEPS)))
