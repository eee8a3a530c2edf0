"""Quantities that a step of a lesson can wait for or ask for, each read from what is on view."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from landscape_app.language import tr
from landscape_app.models.memories import LEAST_OVERLAP
from landscape_app.physics.correlation import exceeds_lattice
from landscape_app.physics.estimate import Estimate, shown

if TYPE_CHECKING:
    from landscape_app.gui.state import EngineState
    from landscape_app.physics.spin_lattices import SpinLattice
    from landscape_app.session.lattice_run import LatticeConditions, LatticeMeasurement


class LatticeScene(NamedTuple):
    """Ising lattice on view.

    Attributes:
        lattice: graph and side.
        conditions: T, h and the sampler.
        measurement: averages since conditions changed; None before a step.
    """

    lattice: SpinLattice
    conditions: LatticeConditions
    measurement: LatticeMeasurement | None


class Scene(NamedTuple):
    """Contents of the windows, at one moment.

    Attributes:
        engine: of the main window.
        lattice: of the lattice window; None while it has not been opened.
    """

    engine: EngineState
    lattice: LatticeScene | None = None


Reading = Estimate | float | None
"""A quantity with its error, or without one; None where it is not known now."""


class Quantity(NamedTuple):
    """A quantity by which a step can be judged.

    Attributes:
        meaning: in words, with its unit.
        read: finds it in what is on view.
        kind: "share" of one that is shown in per cent, "flag" of one that is 1 or 0, "" of others.
    """

    meaning: str
    read: Callable[[Scene], Reading]
    kind: str = ""

    def value(self, scene: Scene) -> Estimate | None:
        """It with its error, 0 where it has none; None where it is not known now."""
        found = self.read(scene)
        if found is None:
            return None
        estimate = found if isinstance(found, Estimate) else Estimate(float(found), 0.0)
        return estimate if math.isfinite(estimate.value) else None

    def shown(self, value: float) -> str:
        """A value of it, as a step shows it."""
        if self.kind == "share":
            return f"{shown(100 * value, '.3g')}%"
        return shown(value, ",.0f" if abs(value) >= 1000 else ".4g")


def _of_lattice(read: Callable[[LatticeScene], Reading]) -> Callable[[Scene], Reading]:
    """A reading of the lattice window; None while there is none."""
    return lambda scene: None if scene.lattice is None else read(scene.lattice)


def _trained(scene: Scene) -> Reading:
    facts = scene.engine.facts
    return 0.0 if facts is None or facts.origin.value == "shipped" else float(scene.engine.trained)


def _accepted(scene: Scene) -> Reading:
    kernel = scene.engine.kernel
    return None if kernel is None else kernel.acceptance_rate


def _best_accepted(scene: Scene) -> Reading:
    kernel = scene.engine.kernel
    return None if kernel is None else kernel.target_acceptance


def _on_target(scene: Scene) -> Reading:
    """Share of the chains on target; None while none is wanted, and before the chains follow."""
    state = scene.engine
    shares = None if state.snapshot is None else state.snapshot.shares
    return None if shares is None or not state.composition.conditions else shares.on_target


def _strength(scene: Scene) -> Reading:
    layers = scene.engine.composition.layers
    return layers[0].strength if layers else None


def _steering(scene: Scene, name: str) -> Reading:
    record = scene.engine.steering
    return None if record is None or scene.engine.composition.is_model else float(getattr(record, name))


def _energy(scene: Scene) -> Reading:
    snapshot = scene.engine.snapshot
    if snapshot is None or len(snapshot.energies) < 2:
        return None
    energies = snapshot.energies.astype(float)
    return Estimate(float(energies.mean()), float(energies.std(ddof=1) / math.sqrt(len(energies))))


def _change(scene: Scene) -> Reading:
    change = None if scene.engine.snapshot is None else scene.engine.snapshot.change
    return None if change is None else change.share


def _measured(scene: Scene, name: str) -> Reading:
    measurement = scene.engine.measurement
    if measurement is None:
        return None
    found: Estimate = getattr(measurement, name)
    return found


def _measurements(scene: Scene) -> Reading:
    """Those that are drawn; a measurement that is being made is none."""
    state = scene.engine
    if state.facts is None:
        return None
    return float(len(state.measurements if state.latest is None else state.measurements.until(state.epoch)))


def _gap(scene: Scene) -> Reading:
    """log Z is common to both, so that its error cancels."""
    measurement = scene.engine.measurement
    if measurement is None:
        return None
    return Estimate(measurement.validation_nats - measurement.training_nats, measurement.validation_scatter)


def _r_hat(scene: Scene) -> Reading:
    test = scene.engine.convergence
    return None if test is None or test.diagnosis is None else test.diagnosis.r_hat


def _test_steps(scene: Scene) -> Reading:
    test = scene.engine.convergence
    return None if test is None else test.steps


def _mixed(scene: Scene) -> Reading:
    test = scene.engine.convergence
    return None if test is None or test.diagnosis is None else float(test.agree)


def _test_ended(scene: Scene) -> Reading:
    """1 where the starts agree or the steps are spent, or it was stopped after a first judgement."""
    test = scene.engine.convergence
    return None if test is None else float(test.diagnosis is not None and not scene.engine.testing)


def _test_entropy(scene: Scene) -> Reading:
    test = scene.engine.convergence
    return None if test is None or test.measurement is None else test.measurement.s


def _barrier(scene: Scene) -> Reading:
    landscape = scene.engine.landscape
    barrier = None if landscape is None else landscape.barrier
    return None if barrier is None or barrier.progress < 1 else barrier.barriers[0]


def _minima(scene: Scene) -> Reading:
    landscape = scene.engine.landscape
    return None if landscape is None or landscape.minima is None else float(landscape.minima.found)


def _patterns(scene: Scene) -> Reading:
    facts = scene.engine.facts
    return None if facts is None or facts.memories is None else float(len(facts.memories))


def _load(scene: Scene) -> Reading:
    facts = scene.engine.facts
    if facts is None or facts.memories is None:
        return None
    return len(facts.memories) / facts.memories.patterns[0].size


def _largest_overlaps(scene: Scene) -> np.ndarray | None:
    """Largest |m| of each chain, shape (n,)."""
    snapshot = scene.engine.snapshot
    if snapshot is None or snapshot.overlaps is None or not snapshot.overlaps.size:
        return None
    largest: np.ndarray = np.abs(snapshot.overlaps).max(1)
    return largest


def _recalled(scene: Scene) -> Reading:
    overlaps = _largest_overlaps(scene)
    return None if overlaps is None else float((overlaps >= LEAST_OVERLAP).mean())


def _overlap(scene: Scene) -> Reading:
    overlaps = _largest_overlaps(scene)
    return None if overlaps is None else float(overlaps.mean())


def _hidden(scene: Scene, name: str) -> Reading:
    """A mean over the training data; of a model without hidden units None."""
    figures = scene.engine.hidden
    if figures is None:
        return None
    means = figures.training
    return Estimate(getattr(means, name), getattr(means, f"{name}_error"))


def _hidden_units(scene: Scene) -> Reading:
    facts = scene.engine.facts
    return (
        None
        if facts is None or facts.configuration.model != "rbm"
        else float(facts.configuration.hidden_units)
    )


def _critical(state: LatticeScene) -> Reading:
    return state.lattice.critical_temperature


def _relative(state: LatticeScene) -> Reading:
    critical = state.lattice.critical_temperature
    return None if critical is None else state.conditions.temperature / critical


def _exact(state: LatticeScene, name: str) -> Reading:
    known = getattr(state.lattice, f"known_{name}")(
        np.array([state.conditions.temperature]), state.conditions.field
    )
    return None if known is None else float(np.abs(known[0]) if name == "magnetisation" else known[0])


def _lattice(state: LatticeScene, name: str) -> Reading:
    found = state.measurement
    return None if found is None else getattr(found, name)


def _length(state: LatticeScene) -> Reading:
    found = state.measurement
    return None if found is None or exceeds_lattice(found.length, state.lattice.side) else found.length


QUANTITIES: dict[str, Quantity] = {
    "steps": Quantity(
        "kernel steps since the chains last started or jumped",
        lambda scene: 0.0 if scene.engine.sweep is None else float(scene.engine.sweep.sweep),
    ),
    "chains": Quantity(
        "chains on view",
        lambda scene: None if scene.engine.snapshot is None else float(len(scene.engine.snapshot.x)),
    ),
    "followed": Quantity(
        "1 while one chain is followed, else 0",
        lambda scene: float(scene.engine.snapshot is not None and scene.engine.snapshot.followed is not None),
        "flag",
    ),
    "trained": Quantity("epochs of the run on view; 0 of the model that ships", _trained),
    "training": Quantity(
        "1 while a model trains, else 0",
        lambda scene: float(scene.engine.activity.value == "training"),
        "flag",
    ),
    "testing": Quantity(
        "1 while the convergence test runs, else 0", lambda scene: float(scene.engine.testing), "flag"
    ),
    "temperature": Quantity(
        "T of the chains on view, without a unit: 1 is the model's own",
        lambda scene: scene.engine.composition.temperature,
    ),
    "energy on": Quantity(
        "1 while the model's own energy takes part, else 0",
        lambda scene: float(scene.engine.composition.hamiltonian),
        "flag",
    ),
    "strength": Quantity("strength α of the first field", _strength),
    "fields": Quantity(
        "fields that act on the chains", lambda scene: float(len(scene.engine.composition.acting))
    ),
    "compared": Quantity(
        "1 while two compositions are compared, else 0",
        lambda scene: float(scene.engine.compared is not None),
        "flag",
    ),
    "acceptance rate": Quantity(
        "share of the proposals that are accepted, last 30 steps", _accepted, "share"
    ),
    "best acceptance rate": Quantity(
        "acceptance rate at which the kernel moves best", _best_accepted, "share"
    ),
    "on target": Quantity("share of the chains that the classifier finds on target", _on_target, "share"),
    "effective samples": Quantity(
        "independent samples that the last jump was worth",
        lambda scene: _steering(scene, "effective_sample_size"),
    ),
    "ancestors": Quantity(
        "distinct samples that the chains descend from", lambda scene: _steering(scene, "ancestors")
    ),
    "mean energy": Quantity("the model's mean energy of the chains, nats from that of the data", _energy),
    "change in 100 steps": Quantity(
        "change of the chains in their last 100 steps: 100% is the distance of two training items; below 10% they "
        "are nearly frozen",
        _change,
        "share",
    ),
    "measurements": Quantity("measurements of S that are drawn", _measurements),
    "entropy": Quantity("S of the model, nats, as last measured", lambda scene: _measured(scene, "s")),
    "log Z": Quantity("log Z of the model, nats, as last measured", lambda scene: _measured(scene, "log_z")),
    "validation": Quantity(
        "−⟨log P⟩ of the validation items, nats an item, as last measured",
        lambda scene: _measured(scene, "validation"),
    ),
    "gap": Quantity("validation less training −⟨log P⟩, nats an item, as last measured", _gap),
    "R-hat": Quantity("R-hat of the convergence test, without a unit", _r_hat),
    "test steps": Quantity("steps that the convergence test has recorded", _test_steps),
    "test ended": Quantity(
        "1 where the convergence test has ended, or was stopped, with a verdict; 0 while it runs",
        _test_ended,
        "flag",
    ),
    "mixed": Quantity("1 where the convergence test finds the chains mixed, 0 where not", _mixed, "flag"),
    "test entropy": Quantity("S of the model, nats, by the convergence test", _test_entropy),
    "barrier": Quantity("height of the last barrier above image A, nats", _barrier),
    "minima": Quantity("distinct minima of the last search", _minima),
    "patterns": Quantity("patterns that the network remembers", _patterns),
    "load": Quantity("patterns a spin, P/N", _load),
    "overlap": Quantity("mean over the chains of their largest |overlap|", _overlap),
    "recalled": Quantity(
        f"share of the chains whose largest |overlap| is {LEAST_OVERLAP} or more", _recalled, "share"
    ),
    "hidden units": Quantity("hidden units of the machine", _hidden_units),
    "hidden energy": Quantity(
        "⟨E⟩ of the hidden units over the data, nats", lambda scene: _hidden(scene, "energy")
    ),
    "hidden entropy": Quantity(
        "S of the hidden units over the data, nats", lambda scene: _hidden(scene, "entropy")
    ),
    "free energy": Quantity("F over the data, nats", lambda scene: _hidden(scene, "free_energy")),
    "lattice temperature": Quantity(
        "T of the Ising lattice, J/kB", _of_lattice(lambda state: state.conditions.temperature)
    ),
    "lattice field": Quantity("h of the Ising lattice, J", _of_lattice(lambda state: state.conditions.field)),
    "lattice side": Quantity(
        "side L of the Ising lattice, spins", _of_lattice(lambda state: float(state.lattice.side))
    ),
    "lattice steps": Quantity(
        "steps that the averages of the Ising lattice hold",
        _of_lattice(lambda state: _lattice(state, "steps")),
    ),
    "critical temperature": Quantity(
        "Tc of many spins of the graph on view, J/kB, exact", _of_lattice(_critical)
    ),
    "T over Tc": Quantity("T/Tc of the Ising lattice", _of_lattice(_relative)),
    "lattice energy": Quantity(
        "⟨E⟩/N of the Ising lattice, J, measured", _of_lattice(lambda state: _lattice(state, "energy"))
    ),
    "exact energy": Quantity(
        "⟨E⟩/N of many spins at this T and h, J, exact", _of_lattice(lambda state: _exact(state, "energy"))
    ),
    "magnetisation": Quantity(
        "⟨|m|⟩ of the Ising lattice, measured", _of_lattice(lambda state: _lattice(state, "magnetisation"))
    ),
    "exact magnetisation": Quantity(
        "|m| of many spins at this T and h, exact", _of_lattice(lambda state: _exact(state, "magnetisation"))
    ),
    "correlation length": Quantity(
        "ξ of the Ising lattice, spacings, measured; not known beyond L/2", _of_lattice(_length)
    ),
    "autocorrelation time": Quantity(
        "τ of the Ising lattice, steps, measured", _of_lattice(lambda state: _lattice(state, "memory"))
    ),
}
"""Quantities by name."""

SHOWN_BY = {
    "trained": ("figure-epoch",),
    "acceptance rate": ("acceptance",),
    "on target": ("outcomes",),
    "effective samples": ("outcomes",),
    "ancestors": ("outcomes",),
    "mean energy": ("outcomes",),
    "change in 100 steps": ("outcomes",),
    "measurements": ("plot-entropy",),
    "entropy": ("plot-entropy",),
    "validation": ("plot-entropy",),
    "gap": ("plot-entropy",),
    "barrier": ("plot-barrier",),
    "minima": ("plot-minima",),
    "overlap": ("plot-overlaps",),
    "recalled": ("plot-overlaps",),
    "hidden energy": ("hidden-table",),
    "hidden entropy": ("hidden-table",),
    "free energy": ("hidden-table",),
    "lattice energy": ("measured-energy",),
    "magnetisation": ("measured-magnetisation",),
    "correlation length": ("measured-length",),
    "autocorrelation time": ("measured-memory",),
}
"""Names of the widgets that show a quantity, where a user reads it."""

NAMES = {
    "steps": tr("steps"),
    "chains": tr("chains"),
    "followed": tr("followed"),
    "trained": tr("trained"),
    "training": tr("training"),
    "testing": tr("testing"),
    "temperature": tr("temperature"),
    "energy on": tr("energy on"),
    "strength": tr("strength"),
    "fields": tr("fields"),
    "compared": tr("compared"),
    "acceptance rate": tr("acceptance rate"),
    "best acceptance rate": tr("best acceptance rate"),
    "on target": tr("on target"),
    "effective samples": tr("effective samples"),
    "ancestors": tr("ancestors"),
    "mean energy": tr("mean energy"),
    "change in 100 steps": tr("change in 100 steps"),
    "measurements": tr("measurements"),
    "entropy": tr("entropy"),
    "log Z": tr("log Z"),
    "validation": tr("validation"),
    "gap": tr("gap"),
    "R-hat": tr("R-hat"),
    "test steps": tr("test steps"),
    "test ended": tr("test ended"),
    "mixed": tr("mixed"),
    "test entropy": tr("test entropy"),
    "barrier": tr("barrier"),
    "minima": tr("minima"),
    "patterns": tr("patterns"),
    "load": tr("load"),
    "overlap": tr("overlap"),
    "recalled": tr("recalled"),
    "hidden units": tr("hidden units"),
    "hidden energy": tr("hidden energy"),
    "hidden entropy": tr("hidden entropy"),
    "free energy": tr("free energy"),
    "lattice temperature": tr("lattice temperature"),
    "lattice field": tr("lattice field"),
    "lattice side": tr("lattice side"),
    "lattice steps": tr("lattice steps"),
    "critical temperature": tr("critical temperature"),
    "T over Tc": tr("T over Tc"),
    "lattice energy": tr("lattice energy"),
    "exact energy": tr("exact energy"),
    "magnetisation": tr("magnetisation"),
    "exact magnetisation": tr("exact magnetisation"),
    "correlation length": tr("correlation length"),
    "autocorrelation time": tr("autocorrelation time"),
}
"""Names of the quantities in the language of the window; lessons have their keys."""
