"""The background thread of the playground, which moves chains on a surface."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch

from landscape_app.gui.worker import FRAME_SECONDS, MovingState, MovingWorker, command
from landscape_app.language import tr
from landscape_app.models.energy import EnergyError
from landscape_app.physics.diagnostics import LEAST_STEPS, effective_sample_size
from landscape_app.physics.fields import CheckedTerm
from landscape_app.physics.formula import Formula, check_defined
from landscape_app.physics.kernels import kernels_for
from landscape_app.physics.space import Box
from landscape_app.physics.surfaces import SURFACES, GivenSurface, KernelDensity, Surface
from landscape_app.physics.threads import set_threads
from landscape_app.session.custom_field import FieldSource, run_source
from landscape_app.session.landscape.plane import Landscape
from landscape_app.session.memory import SURVEYING
from landscape_app.session.records import KernelRecord
from landscape_app.session.surface_run import Mixing, SurfaceRun
from landscape_app.session.trajectory import EnsembleSnapshot

DEFAULT_SURFACE = "banana"
DEFAULT_KERNEL = "hmc"
DEFAULT_CHAINS = 64
DEFAULT_SPEED = 8.0
MIXING_SECONDS = 1.0
JUDGED_SHARE = 10.0
"""Least time between two judgements, in times that the last one took."""

NO_DATA = np.zeros((0, 2), np.float32)


@dataclass(frozen=True, eq=False)
class PlaygroundState(MovingState):
    """Everything the playground shows, at one moment.

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
        mixing: how well they mix; None where there is too little to say.
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
    mixing: Mixing | None = None


class PlaygroundWorker(MovingWorker[PlaygroundState]):
    """Moves the chains of one run on a surface."""

    def __init__(self) -> None:
        super().__init__("playground", PlaygroundState(), DEFAULT_SPEED, SURVEYING)
        self._surface_run: SurfaceRun | None = None
        self._start_place = "everywhere"
        self._tracked = False
        self._judging = 0.0

    def begin(self) -> None:
        """Takes the first surface, and loads the diagnostics, for which the chains would wait a second later."""
        set_threads(1)
        self.choose(DEFAULT_SURFACE)
        effective_sample_size(np.random.default_rng(0).standard_normal((2, LEAST_STEPS)))

    @command(replaces="surface")
    def choose(self, name: str) -> None:
        """Takes one of the surfaces."""
        self._take(SURFACES[name]())

    @command(replaces="surface")
    def take_points(self, points: np.ndarray, width_factor: float) -> None:
        """Takes the density of points, shape (n, 2), as the surface."""
        self._take(KernelDensity(torch.as_tensor(points, dtype=torch.float32), width_factor))

    @command(replaces="surface")
    def take_formula(self, text: str, wall: float) -> None:
        """Takes a formula in x, or in x and y, as the surface, between walls at ±wall.

        Raises:
            FormulaError: it is none, or names other coordinates.
        """
        formula = Formula(text, 2)
        sites = formula.coordinates
        name = "H(x)" if sites == 1 else "H(x, y)"
        about = tr("Your formula, in nats; outside of ±{wall:g} it is cut off.", wall=wall)
        line = f"{name} = {formula.text}"
        surface = GivenSurface(formula, tr("Formula"), line, about, Box((sites,), -wall, wall))
        check_defined(surface.target())
        self._take(surface)

    @command(replaces="surface")
    def take_code(self, source: FieldSource, wall: float) -> None:
        """Runs a Python file that is trusted, and takes its energy of two coordinates as the surface.

        Raises:
            EnergyError: it fails, or gives what is no energy.
        """
        name = source.path.stem
        term = CheckedTerm(name, run_source(source, EnergyError), EnergyError)
        about = tr(
            "Your function energy(x), of x and y in nats; outside of ±{wall:g} it is cut off.", wall=wall
        )
        self._take(GivenSurface(term.energy, name, f"H(x, y) = {name}(x, y)", about, Box((2,), -wall, wall)))

    @command(replaces="temperature")
    def set_temperature(self, temperature: float) -> None:
        """Heats or cools."""
        self._change(lambda run: run.set_temperature(temperature))

    @command()
    def set_kernel(self, name: str) -> None:
        """Moves the chains with another kernel."""
        self._change(lambda run: run.set_kernel(name))

    @command()
    def tune_kernel(self, *, automatic: bool = False, **parameters: float) -> None:
        """Sets parameters of the kernel, or lets it tune itself."""
        self._change(lambda run: run.tune_kernel(automatic=automatic, **parameters))

    @command(replaces="restart")
    def restart(self, place: str, chains: int) -> None:
        """Starts the chains anew."""
        self._change(lambda run: run.restart(place, chains))
        self._start_place = place

    @command()
    def step_chains(self) -> None:
        """One step, then a pause."""
        if self._surface_run is not None:
            self._surface_run.step()
        self.play(False)

    @command(replaces="follow")
    def follow(self, chain: int | None) -> None:
        """Follows a chain, or none."""
        if self._surface_run is not None:
            self._surface_run.follow(chain)
            self.update(**self._chains())

    @command(replaces="track")
    def track(self, wanted: bool) -> None:
        """Has states tell where all chains have been."""
        self._tracked = wanted
        self.update(**self._chains())

    def _take(self, surface: Surface) -> None:
        state = self.state
        chains = DEFAULT_CHAINS if state.chains is None else len(state.chains.positions)
        kernel = DEFAULT_KERNEL if state.kernel is None else state.kernel.name
        run = SurfaceRun(surface, kernel, chains, self._start_place, state.temperature)
        run.follow(state.followed)
        landscape = run.landscape
        self._surface_run = run
        self._scheduler.restart()
        data = surface.points.numpy() if isinstance(surface, KernelDensity) else NO_DATA
        self.update(
            number=state.number + 1,
            title=surface.label,
            formula=surface.formula,
            about=surface.about,
            landscape=landscape,
            data=data,
            kernels=tuple(kernels_for(surface.target())),
            mixing=None,
            **self._chains(),
        )

    def _change(self, change: Callable[[SurfaceRun], None]) -> None:
        """Changes the run, and shows it at once."""
        if self._surface_run is not None:
            change(self._surface_run)
            self.show_all()

    def move(self) -> None:
        """One step of all chains."""
        if self._surface_run is None:
            return
        self._surface_run.step()
        shown: dict[str, object] = {"rate": self._scheduler.rate()}
        if self._scheduler.is_due("frame", FRAME_SECONDS):
            shown |= self._chains()
        if self._scheduler.is_due("mixing", max(MIXING_SECONDS, JUDGED_SHARE * self._judging)):
            shown |= self._judged()
        self.update(**shown)

    def show_all(self, **changes: object) -> None:
        """Leaves the chains as they are, how well they mix and on what, and these changes of the state with it."""
        run = self._surface_run
        if run is not None:
            changes |= {"temperature": run.temperature, "landscape": run.landscape}
        self.update(**self._judged(), **self._chains(), **changes)

    def _judged(self) -> dict[str, object]:
        """Judgement of how well the chains mix."""
        if self._surface_run is None:
            return {}
        begin = time.perf_counter()
        mixing = self._surface_run.mixing()
        self._judging = time.perf_counter() - begin
        return {"mixing": mixing}

    def _chains(self) -> dict[str, object]:
        """The chains as they are."""
        run = self._surface_run
        if run is None:
            return {}
        tracks = self._tracked or run.surface.space.sites == 1
        return {
            "chains": run.snapshot(tracks),
            "followed": run.followed,
            "kernel": run.kernel,
            "steps": run.steps,
        }
