"""Mean field's bound on the free energy, TAP, and the truth, on a ring, a square lattice and a complete graph."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from scipy import special
from torch import Tensor

from landscape_app.counting import capitalised
from landscape_app.experiments.experiment import SEED, Experiment, Finding, Parameter, Progress, Values
from landscape_app.experiments.figure import Curve, Figure, Mark, Marker, Panel, Points, Role
from landscape_app.language import tr
from landscape_app.models.pairs import PairModel
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.lattice import Ising
from landscape_app.physics.mean_field import exact_free_energy, mean_field, random_starts, tap
from landscape_app.physics.space import Spins

SPINS, SIDE = 12, 4
"""Spins of the ring and of the complete graph, and side of the square lattice: their states are summed."""

REACH = (0.3, 2.0)
"""Temperatures, in units of the mean-field transition."""

BESIDE = 0.03
"""Relative distance from the mean-field transition at which a magnetisation is looked for, and found or not."""

ORDERED = 0.05
"""Magnetisation, in absolute value, above which a solution counts as ordered."""

FALLING_AT = 0.7
"""Temperature of the falling F[q], in units of the mean-field transition."""

ROUNDING = 1e-9
"""Relative error of a free energy in double precision, for energies in single precision 10⁻⁶."""

SINGLE = 1e-6
FINE = 500
"""Temperatures at which the magnetisation of infinitely many spins is drawn."""

LARGE = (200, 400)
"""Spins of two complete graphs whose Binder cumulants cross near the true transition."""

CLOSE = 0.03
"""Relative distance allowed between mean field's transition and the crossing: 1/N of the smaller graph and more."""


class Graph(NamedTuple):
    """Spins with equal couplings.

    Attributes:
        title: in the figure.
        couplings: J_ij, float64, shape (N, N).
        transition: of mean field, the largest eigenvalue of J.
        truth: the magnetisation of infinitely many spins at a temperature; its name.
    """

    title: str
    couplings: Tensor
    transition: float
    truth: str

    @property
    def spins(self) -> int:
        """N."""
        return len(self.couplings)


def graphs() -> tuple[Graph, ...]:
    """The ring, the square lattice, and the complete graph with couplings 1/N."""
    complete = (torch.ones(SPINS, SPINS) - torch.eye(SPINS)).double() / SPINS
    made = (
        (tr("ring of {count}", count=SPINS), _of_lattice((SPINS,)), tr("no order at any T > 0")),
        (
            tr("{side} × {side} lattice", side=SIDE),
            _of_lattice((SIDE, SIDE)),
            tr("infinite lattice (Yang 1952)"),
        ),
        (tr("complete graph of {count}", count=SPINS), complete, tr("infinite graph, m = tanh(m/T)")),
    )
    return tuple(Graph(title, j, float(torch.linalg.eigvalsh(j)[-1]), truth) for title, j, truth in made)


def _of_lattice(shape: tuple[int, ...]) -> Tensor:
    bonds = Ising(shape).bonds()
    couplings = torch.zeros(math.prod(shape), math.prod(shape), dtype=torch.float64)
    couplings[bonds.first, bonds.second] = couplings[bonds.second, bonds.first] = 1.0
    return couplings


def infinite_magnetisation(number: int, temperatures: np.ndarray) -> np.ndarray:
    """Spontaneous magnetisation of infinitely many spins: none, Yang's, or the solution of m = tanh(m/T).

    Args:
        number: of the graph in `graphs`.
        temperatures: T, shape (n,).
    """
    if number == 0:
        return np.zeros_like(temperatures)
    if number == 1:
        return np.clip(1 - np.sinh(2 / temperatures) ** -4.0, 0, None) ** 0.125
    m = np.ones_like(temperatures)
    for _ in range(2_000):
        m = np.tanh(m / temperatures)
    return np.where(temperatures < 1, m, 0.0)


def binder(spins: int, temperature: float) -> float:
    """Binder's cumulant 1 − ⟨m⁴⟩/(3⟨m²⟩²) of the complete graph with couplings 1/N, a sum over M."""
    up = np.arange(spins + 1)
    m = 2 * up / spins - 1
    log_p = special.gammaln(spins + 1) - special.gammaln(up + 1) - special.gammaln(spins - up + 1)
    log_p = log_p + spins * m**2 / (2 * temperature)
    p = special.softmax(log_p)
    return float(1 - (p @ m**4) / (3 * (p @ m**2) ** 2))


def crossing() -> float:
    """Temperature at which the cumulants of two large complete graphs are equal, by bisection."""
    low, high = 0.8, 1.2
    small, large = LARGE
    for _ in range(40):
        middle = (low + high) / 2
        if binder(large, middle) > binder(small, middle):
            low = middle
        else:
            high = middle
    return (low + high) / 2


class Reading(NamedTuple):
    """One graph at one temperature; free energies a spin, in units of J.

    Attributes:
        temperature: T.
        exact: F/N, by a sum over all states.
        bound: the lowest F[q]/N of mean field.
        tap: the lowest of TAP that has settled; NaN where none has.
        magnetisation: |Σ m_i|/N of mean field's lowest solution.
        exact_magnetisation: ⟨|Σ s_i|⟩/N.
        rise: largest rise of F[q] in a sweep, on the way to any solution, over |F[q]|.
    """

    temperature: float
    exact: float
    bound: float
    tap: float
    magnetisation: float
    exact_magnetisation: float
    rise: float


class Summed:
    """A graph whose states are summed once for all temperatures.

    Args:
        graph: of at most 20 spins or so.
    """

    def __init__(self, graph: Graph) -> None:
        base = ProductBase.uniform(Spins((graph.spins,)))
        self.graph = graph
        self._fields = torch.zeros(graph.spins, dtype=torch.float64)
        self._exact = ExactModel(PairModel(base, graph.couplings, self._fields).target)
        self._size = self._exact.x.sum(1).abs().double() / graph.spins

    def at(self, temperature: float, starts: int, seed: int) -> Reading:
        """Free energies and magnetisations at a temperature, from several starts of mean field."""
        j, count = self.graph.couplings, self.graph.spins
        begun = random_starts(count, starts, torch.Generator().manual_seed(seed))
        found = mean_field(j, self._fields, temperature, begun)
        settled = [s for s in tap(j, self._fields, temperature, begun) if s.settled]
        log_z = self._exact.at(1 / temperature).log_partition
        return Reading(
            temperature,
            exact_free_energy(log_z, count, temperature) / count,
            found[0].free_energy / count,
            settled[0].free_energy / count if settled else math.nan,
            abs(float(found[0].means.mean())),
            float(self._exact.mean(self._size, 1 / temperature)),
            max(_rise(solution.falls) for solution in found),
        )

    def falls(self, temperature: float, starts: int, seed: int) -> list[np.ndarray]:
        """F[q]/N after every sweep, of every start, shape (sweeps,) each."""
        begun = random_starts(self.graph.spins, starts, torch.Generator().manual_seed(seed))
        return [
            np.array(mean_field(self.graph.couplings, self._fields, temperature, one)[0].falls)
            / self.graph.spins
            for one in begun.split(1)
        ]


def _rise(falls: tuple[float, ...] | np.ndarray) -> float:
    values = np.array(falls)
    return float((np.diff(values) / np.abs(values[:-1])).max()) if len(values) > 1 else 0.0


class MeanFieldBounds(Experiment):
    """Bounds on three graphs."""

    name = "mean-field"
    title = tr("Mean field, a bound on the free energy")
    paper = tr("Bogoliubov; Feynman 1972; Thouless, Anderson and Palmer 1977")
    summary = tr(
        "Independent spins q in place of the true distribution give a free energy F[q] = ⟨E⟩ − T S[q] that is never "
        "below the true one; mean field makes it as small as it can, one spin after the other, and it never rises. "
        "The gap is T times a Kullback–Leibler divergence. Where every spin has many neighbours the gap closes and "
        "the transition is right, as in the complete graph. The square lattice orders at 2.269 where mean field says "
        "4; a ring has no transition at all and mean field says 2. TAP's reaction term comes nearer, and is no "
        "bound. Two bounds side by side: Min-MaxEnt bounds the entropy of the data from above, by that of the "
        "MaxEnt model; mean field bounds the free energy of the model from above."
    )
    parameters = (
        Parameter("temperatures", tr("Temperatures"), 24, 80, 4, 400, tr("For each graph.")),
        Parameter("starts", tr("Starts"), 6, 20, 3, 200, tr("All up, all down, none, and others at random.")),
        SEED,
    )
    minutes = (0.3, 2.0)

    def sketch(self) -> tuple[Mark, ...]:
        """Free energy a spin of the infinite ring, and mean field's bound."""
        temperatures = np.linspace(0.4, 4.0, 80)
        m = np.ones_like(temperatures)
        for _ in range(500):
            m = np.tanh(2 * m / temperatures)
        up = (1 + m) / 2
        bound = -(m**2) - temperatures * (special.entr(up) + special.entr(1 - up))
        exact = -temperatures * np.log(2 * np.cosh(1 / temperatures))
        return (
            Curve(temperatures, exact, role=Role.TRUTH, dashed=True),
            Curve(temperatures, bound),
            Points(temperatures[::10], exact[::10], role=Role.TRUTH, size=4.0),
        )

    def run(self, values: Values) -> Iterator[Progress]:
        """One graph after the other, from low temperatures to high ones."""
        starts, seed = int(values["starts"]), int(values["seed"])
        made = graphs()
        readings: list[list[Reading]] = [[] for _ in made]
        falls: list[list[np.ndarray]] = [[] for _ in made]
        beside: list[tuple[Reading, Reading]] = []
        for number, graph in enumerate(made):
            summed = Summed(graph)
            falls[number] = summed.falls(FALLING_AT * graph.transition, starts, seed)
            temperatures = graph.transition * np.linspace(*REACH, int(values["temperatures"]))
            for done, temperature in enumerate(temperatures):
                readings[number].append(summed.at(float(temperature), starts, seed))
                share = 0.99 * (number + (done + 1) / len(temperatures)) / len(made)
                doing = tr(
                    "{graph} at T = {temperature:.2f}",
                    graph=capitalised(graph.title),
                    temperature=temperature,
                )
                yield Progress(share, doing, figure(made, readings, falls))
            below, above = (
                summed.at(graph.transition * (1 + side), starts, seed) for side in (-BESIDE, BESIDE)
            )
            beside.append((below, above))
        shown = figure(made, readings, falls)
        yield Progress(1.0, tr("Done"), shown, findings(made, readings, falls, beside))


def findings(
    made: tuple[Graph, ...],
    readings: list[list[Reading]],
    falls: list[list[np.ndarray]],
    beside: list[tuple[Reading, Reading]],
) -> tuple[Finding, ...]:
    """The bound, its fall, and the transitions.

    Args:
        made: the graphs.
        readings: of each, at all temperatures.
        falls: of each, F[q]/N of every start.
        beside: of each, a little below and a little above mean field's transition.
    """
    everything = [reading for of_graph in (*readings, *beside) for reading in of_graph]
    least = min((reading.bound - reading.exact) / abs(reading.exact) for reading in everything)
    gaps = ", ".join(f"{max(r.bound - r.exact for r in of_graph):.3f}" for of_graph in readings)
    rise = max([r.rise for r in everything] + [_rise(fall) for of_graph in falls for fall in of_graph])
    settled = [r for r in everything if not math.isnan(r.tap)]
    below = sum(r.tap < r.exact - SINGLE * abs(r.exact) for r in settled)
    found = [
        Finding(
            tr("bound"),
            tr("F[q] above F, at every temperature of every graph"),
            tr("no F[q] below F"),
            tr("least (F[q] − F)/|F| {least:.1e}; largest gaps {gaps} J a spin", least=least, gaps=gaps),
            least >= -SINGLE,
        ),
        Finding(
            tr("descent"),
            tr("F[q] never rises from a sweep to the next"),
            tr("rises at most {most:g} of it, which is rounding", most=ROUNDING),
            tr("largest rise {rise:.1e}", rise=rise),
            rise <= ROUNDING,
        ),
        Finding(
            "TAP",
            tr("TAP is no bound"),
            tr("below F at some temperatures"),
            tr("below F at {count} of {all}", count=below, all=len(settled)),
            below > 0,
        ),
    ]
    ring, square, complete = (
        tr(
            "m = {m_below:.2f} at T = {below:.2f}, {m_above:.2f} at {above:.2f}",
            m_below=low.magnetisation,
            below=low.temperature,
            m_above=high.magnetisation,
            above=high.temperature,
        )
        for low, high in beside
    )
    has_transition = [low.magnetisation > ORDERED > high.magnetisation for low, high in beside]
    true_square = 2 / math.log(1 + math.sqrt(2))
    true_complete = crossing()
    found += [
        Finding(
            tr("ring"),
            tr("Mean-field transition of the ring, which has none"),
            tr("at T = 2, where the truth has no order"),
            ring,
            has_transition[0] and abs(made[0].transition - 2) < CLOSE,
        ),
        Finding(
            tr("square"),
            tr("Mean-field transition of the square lattice"),
            tr("at T = 4, above the true {transition:.3f}", transition=true_square),
            square,
            has_transition[1] and abs(made[1].transition - 4) < CLOSE,
        ),
        Finding(
            tr("complete"),
            tr("Mean-field transition of the complete graph"),
            tr(
                "J (1 − 1/N) = {transition:.3f}; with many spins J, which exact sums show to {tolerance:g}",
                transition=1 - 1 / SPINS,
                tolerance=CLOSE,
            ),
            tr(
                "{complete}; Binder cumulants of {smaller} and {larger} spins cross at {crossing:.3f}",
                complete=complete,
                smaller=LARGE[0],
                larger=LARGE[1],
                crossing=true_complete,
            ),
            has_transition[2]
            and abs(made[2].transition - (1 - 1 / SPINS)) < SINGLE
            and abs(true_complete - 1) < CLOSE,
        ),
    ]
    return tuple(found)


def figure(made: tuple[Graph, ...], readings: list[list[Reading]], falls: list[list[np.ndarray]]) -> Figure:
    """A column for each graph: free energies, magnetisations, falling F[q]."""
    return Figure(
        (
            tuple(_free_energies(graph, of) for graph, of in zip(made, readings, strict=True)),
            tuple(
                _magnetisations(number, graph, of)
                for number, (graph, of) in enumerate(zip(made, readings, strict=True))
            ),
            tuple(_falling(graph, of) for graph, of in zip(made, falls, strict=True)),
        )
    )


def _column(readings: list[Reading], name: str) -> np.ndarray:
    return np.array([getattr(reading, name) for reading in readings], float)


def _free_energies(graph: Graph, readings: list[Reading]) -> Panel:
    temperatures = _column(readings, "temperature")
    marks = (
        Curve(temperatures, _column(readings, "exact"), tr("exact"), Role.TRUTH),
        Curve(temperatures, _column(readings, "bound"), tr("mean field, F[q] ≥ F"), Role.MODEL),
        Curve(temperatures, _column(readings, "tap"), tr("TAP, no bound"), Role.RIVAL, dashed=True),
    )
    return Panel(tr("Free energy, {graph}", graph=graph.title), marks if readings else (), "T / J", "F / N J")


def _magnetisations(number: int, graph: Graph, readings: list[Reading]) -> Panel:
    temperatures = _column(readings, "temperature")
    fine = graph.transition * np.linspace(*REACH, FINE)
    marks = (
        Curve(fine, infinite_magnetisation(number, fine), graph.truth, Role.TRUTH),
        Curve(
            temperatures, _column(readings, "exact_magnetisation"), tr("exact ⟨|m|⟩"), Role.OTHER, dotted=True
        ),
        Points(temperatures, _column(readings, "magnetisation"), tr("mean field"), Role.MODEL),
        Marker(
            graph.transition,
            tr("mean-field T_c = {transition:.3g}", transition=graph.transition),
            role=Role.MODEL,
        ),
    )
    return Panel(
        tr("Magnetisation, {graph}", graph=graph.title),
        marks if readings else (),
        "T / J",
        "|m|",
        y_range=(-0.05, 1.05),
    )


def _falling(graph: Graph, falls: list[np.ndarray]) -> Panel:
    longest = max((len(fall) for fall in falls), default=0)
    sweeps = np.arange(1.0, longest + 1)
    marks = tuple(
        # A start that has settled stays; one with m = 0 never moves, though that is no minimum.
        Curve(sweeps, np.pad(fall, (0, longest - len(fall)), "edge"), "" if number else tr("a start"))
        for number, fall in enumerate(falls)
    )
    title = tr("F[q] of several starts at T = {temperature:.2f}", temperature=FALLING_AT * graph.transition)
    return Panel(title, marks, tr("sweeps"), "F[q] / N J", x_log=True)
