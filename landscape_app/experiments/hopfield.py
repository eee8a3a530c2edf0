"""Hopfield networks: how many patterns they recall, by Hebb's rule and by projection, and what else they remember."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import numpy as np
import torch
from scipy import optimize, special
from torch import Tensor

from landscape_app.experiments.experiment import SEED, Experiment, Finding, Parameter, Progress, Values
from landscape_app.experiments.figure import Bars, Curve, Figure, Mark, Marker, Panel, Points, Role
from landscape_app.language import tr
from landscape_app.learning.closed_form import Hebb, Projection
from landscape_app.physics.zero_temperature import quench

LOADS = (0.02, 0.05, 0.08, 0.1, 0.12, 0.13, 0.14, 0.15, 0.16, 0.18, 0.2, 0.25)
"""α = patterns/N."""

KEPT_LOAD, LOST_LOAD, FULL_LOAD, MIXED_LOAD = 0.1, 0.2, 0.5, 0.01
"""Loads at which Hebb's rule recalls, at which it no longer does, at which the projection rule still keeps every
pattern, and at which all mixtures are stable: at 0.02 one in a hundred still falls to a pattern, with 1,000 spins."""

DAMAGED_SHARE = 0.1
DAMAGE = f"{100 * DAMAGED_SHARE:g}%"
STARTS = 20
"""Patterns of each network from which spins start, whole and damaged."""

NETWORKS_OF_ONE_STEP = 30
"""Networks of each load, of which the first step is taken."""

FEWEST_WRONG = 20.0
"""Wrong spins that must be expected for their share to be compared."""

STANDARD_ERRORS = 4.0
"""By which a share may miss the formula: of nine from 30 networks, one in 300 runs does."""

RECALLED, LOST = 0.95, 0.5
"""Least overlap of a pattern that is recalled, largest of one that is lost."""

STABLE, SAME_OVERLAP = 0.99, 0.03
"""Least overlap of a mixture with the minimum beside it, and by how much its mean overlap with a part may miss ½."""

MIXTURES = 20
FALLS = 12
"""Starts whose energies are drawn."""

RECORDS_A_SWEEP = 50


class Recall(NamedTuple):
    """Overlaps with the pattern at the start, of one network's patterns; each of shape (starts,).

    Attributes:
        whole: from the patterns, Hebb's rule.
        damaged: from a share of spins turned, Hebb's rule.
        projected: the same, projection rule.
    """

    whole: np.ndarray
    damaged: np.ndarray
    projected: np.ndarray


class Falls(NamedTuple):
    """Energies per spin on the way down from damaged patterns.

    Attributes:
        sweeps: at which they are known, shape (records,).
        energies: shape (records, starts).
        stored: mean energy of these patterns, undamaged.
    """

    sweeps: np.ndarray
    energies: np.ndarray
    stored: float


class Mixed(NamedTuple):
    """Signs of the sum of three patterns, and where they end.

    Attributes:
        kept: overlap of each end with its start, shape (mixtures,).
        parts: with the three patterns, shape (mixtures, 3).
        others: with all others, shape (mixtures, patterns − 3).
    """

    kept: np.ndarray
    parts: np.ndarray
    others: np.ndarray


@dataclass
class Found:
    """Measurements so far.

    Attributes:
        wrong: shares of wrong spins after one step, by load, shape (networks,).
        expected: what they should be, by load.
        recalls: by load, one a network.
        falls, mixed: where done.
        changed: spins of all patterns that the projection rule turned at `FULL_LOAD`; −1 before.
    """

    wrong: dict[float, np.ndarray] = field(default_factory=dict)
    expected: dict[float, float] = field(default_factory=dict)
    recalls: dict[float, list[Recall]] = field(default_factory=dict)
    falls: Falls | None = None
    mixed: Mixed | None = None
    changed: int = -1


def random_patterns(load: float, spins: int, generator: torch.Generator) -> Tensor:
    """Independent ±1, float64, shape (α N, N)."""
    count = max(3, round(load * spins))
    return 2.0 * torch.randint(2, (count, spins), generator=generator).double() - 1


def damaged(patterns: Tensor, generator: torch.Generator) -> Tensor:
    """Patterns with `DAMAGED_SHARE` of the spins of each turned."""
    order = torch.rand(patterns.shape, generator=generator).argsort(1)
    return torch.where(order < round(DAMAGED_SHARE * patterns.shape[1]), -patterns, patterns)


def one_step_error(load: float | np.ndarray) -> np.ndarray:
    """Share of spins of a stored pattern that its own field turns, ½ erfc(1/√(2α)) (Hopfield 1982).

    The field of the other patterns is normal with variance α. With P patterns of N spins the ratio of its variance to
    the square of the pattern's own field is (P − 1)/(N − 1).
    """
    return 0.5 * special.erfc(1 / np.sqrt(2 * np.asarray(load)))


def wrong_after_one_step(patterns: Tensor) -> float:
    """Share of spins in all patterns that point against their field, Hebb's rule; one without a field counts half."""
    fields = patterns @ Hebb.solution(patterns)[0]
    # N h is a whole number: what rounding leaves of none is taken off.
    signs = (patterns * fields * patterns.shape[1]).round().sign()
    return float((1 - signs).mean()) / 2


def load_of(y: np.ndarray) -> np.ndarray:
    """α at which the overlap is erf y: √(2α) = erf(y)/y − (2/√π) exp(−y²), y = m/√(2αr)."""
    return 0.5 * (special.erf(y) / y - 2 / math.sqrt(math.pi) * np.exp(-(y**2))) ** 2


def retrieval() -> tuple[np.ndarray, np.ndarray]:
    """Loads up to α_c and the overlap with a recalled pattern there, at T = 0 (Amit, Gutfreund, Sompolinsky 1985).

    Replica-symmetric: m = erf(m/√(2αr)), r = (1 − C)⁻², C = √(2/(παr)) exp(−m²/(2αr)). In y = m/√(2αr) they are one
    equation for α; the solutions that are minima have y above that of the largest α.
    """
    critical = optimize.minimize_scalar(lambda y: -load_of(y), bounds=(0.5, 3.0), method="bounded").x
    y = np.linspace(6.0, critical, 400)
    return load_of(y), special.erf(y)


def recall(patterns: Tensor, generator: torch.Generator) -> Recall:
    """Overlaps in the end, from some of the patterns, whole and damaged."""
    stored = patterns[:STARTS]
    spoilt = damaged(stored, generator)
    couplings, fields = Hebb.solution(patterns)
    ends = quench(couplings, fields, torch.cat([stored, spoilt])).s
    whole, mended = (_overlaps(part, stored) for part in ends.split(len(stored)))
    projected = quench(*Projection.solution(patterns), spoilt).s
    return Recall(whole, mended, _overlaps(projected, stored))


def falls(patterns: Tensor, generator: torch.Generator) -> Falls:
    """Energies on the way from damaged patterns, Hebb's rule."""
    spins = patterns.shape[1]
    couplings, fields = Hebb.solution(patterns)
    stored, every = patterns[:FALLS], max(1, spins // RECORDS_A_SWEEP)
    energies = quench(couplings, fields, damaged(stored, generator), every).energies.numpy() / spins
    lowest = -0.5 * float(((stored @ couplings) * stored).sum(1).mean()) / spins
    return Falls(np.arange(len(energies)) * every / spins, energies, lowest)


def mixed(patterns: Tensor, generator: torch.Generator) -> Mixed:
    """Minima that spins reach from the signs of sums of three patterns, Hebb's rule."""
    chosen = torch.rand(MIXTURES, len(patterns), generator=generator).argsort(1)
    starts = patterns[chosen[:, :3]].sum(1).sign()
    ends = quench(*Hebb.solution(patterns), starts).s
    overlaps = (ends @ patterns.T / patterns.shape[1]).gather(1, chosen).numpy()
    return Mixed(_overlaps(ends, starts), overlaps[:, :3], overlaps[:, 3:])


def _overlaps(s: Tensor, patterns: Tensor) -> np.ndarray:
    return (s * patterns).mean(1).numpy()


class HopfieldRecall(Experiment):
    """Recall of a Hopfield network against its load."""

    name: ClassVar[str] = "hopfield"
    title: ClassVar[str] = tr("How much a Hopfield network remembers")
    paper: ClassVar[str] = "Hopfield 1982; Amit, Gutfreund, Sompolinsky 1985"
    summary: ClassVar[str] = tr(
        "Patterns become minima of an energy of coupled spins, and a damaged one rolls back: memory by content. "
        "Hebb's rule adds up the patterns; each disturbs all others, and beyond 0.138 N of them all are lost at "
        "once, as theory says. The projection rule takes the disturbance out and keeps every pattern up to N. There "
        "are minima that nobody stored: the sign of the sum of three patterns is one, and overlaps by ½ with each. "
        "In small networks the transition is rounded, and beyond it a trace stays, an overlap of some 0.35."
    )
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("spins", tr("Spins"), 1_000, 2_000, 100, 5_000, tr("N of every network.")),
        Parameter(
            "networks", tr("Networks"), 3, 6, 1, 100, tr("Of each load, with new patterns, for recall.")
        ),
        SEED,
    )
    minutes: ClassVar[tuple[float, float]] = (0.8, 5.0)

    def sketch(self) -> tuple[Mark, ...]:
        """Overlap against load, down to where it jumps."""
        load, overlap = retrieval()
        return (
            Curve(np.append(load, [load[-1], 0.25]), np.append(overlap, [0.0, 0.0])),
            Curve(np.array([0.0, 0.25]), np.ones(2), role=Role.RIVAL),
            Marker(float(load[-1])),
        )

    def run(self, values: Values) -> Iterator[Progress]:
        """One load after the other; then the energies, the mixtures and the projection rule."""
        spins, networks = int(values["spins"]), int(values["networks"])
        generator = torch.Generator().manual_seed(int(values["seed"]))
        found = Found()
        for k, load in enumerate(LOADS):
            yield Progress(0.9 * k / len(LOADS), tr("One step, α = {load:g}", load=load), figure(found))
            drawn = [random_patterns(load, spins, generator) for _ in range(NETWORKS_OF_ONE_STEP)]
            found.wrong[load] = np.array([wrong_after_one_step(patterns) for patterns in drawn])
            found.expected[load] = float(one_step_error((len(drawn[0]) - 1) / (spins - 1)))
            for number in range(networks):
                share = 0.9 * (k + (number + 0.5) / (networks + 1)) / len(LOADS)
                yield Progress(
                    share,
                    tr("Recall, α = {load:g}, network {number}", load=load, number=number + 1),
                    figure(found),
                )
                patterns = random_patterns(load, spins, generator)
                found.recalls.setdefault(load, []).append(recall(patterns, generator))
        yield Progress(0.91, tr("Energies of damaged patterns"), figure(found))
        found.falls = falls(random_patterns(KEPT_LOAD, spins, generator), generator)
        yield Progress(0.93, tr("Mixtures of three patterns"), figure(found))
        found.mixed = mixed(random_patterns(MIXED_LOAD, spins, generator), generator)
        yield Progress(0.95, tr("Projection rule at α = {load:g}", load=FULL_LOAD), figure(found))
        patterns = random_patterns(FULL_LOAD, spins, generator)
        ends = quench(*Projection.solution(patterns), patterns).s
        found.changed = int((ends != patterns).sum())
        yield Progress(1.0, tr("Done"), figure(found), findings(found, spins))


def findings(found: Found, spins: int) -> tuple[Finding, ...]:
    """Verdicts on the first step, on recall by both rules, and on mixtures."""
    assert found.mixed is not None
    size = spins * spins * NETWORKS_OF_ONE_STEP
    compared = [load for load in LOADS if found.expected[load] * load * size >= FEWEST_WRONG]
    misses = [
        abs(wrong.mean() - found.expected[load]) / max(wrong.std(ddof=1) / math.sqrt(len(wrong)), 1e-300)
        for load in compared
        for wrong in [found.wrong[load]]
    ]
    kept, lost = (
        np.concatenate([one.damaged for one in found.recalls[load]]).mean() for load in (KEPT_LOAD, LOST_LOAD)
    )
    parts, stays = found.mixed.parts, found.mixed.kept
    return (
        Finding(
            tr("first step"),
            tr(
                "Wrong spins after one step, {count} loads from α = {first:g}",
                count=len(compared),
                first=min(compared, default=0),
            ),
            tr("½ erfc(1/√(2α)) within {count:g} standard errors", count=STANDARD_ERRORS),
            tr("{most:.1f} standard errors off at most", most=max(misses, default=math.nan)),
            bool(max(misses, default=math.nan) <= STANDARD_ERRORS),
        ),
        Finding(
            tr("recall"),
            tr(
                "Overlap from {damage} damage, Hebb's rule, α = {load:g}",
                damage=DAMAGE,
                load=KEPT_LOAD,
            ),
            tr("above {least:g}", least=RECALLED),
            f"{kept:.3f}",
            bool(kept > RECALLED),
        ),
        Finding(
            tr("recall"),
            tr(
                "Overlap from {damage} damage, Hebb's rule, α = {load:g}, beyond α_c",
                damage=DAMAGE,
                load=LOST_LOAD,
            ),
            tr("below {most:g}", most=LOST),
            f"{lost:.3f}",
            bool(lost < LOST),
        ),
        Finding(
            tr("recall"),
            tr(
                "Spins of {patterns:,} patterns that turn, projection rule, α = {load:g}",
                patterns=round(FULL_LOAD * spins),
                load=FULL_LOAD,
            ),
            tr("none"),
            f"{found.changed:,}",
            found.changed == 0,
        ),
        Finding(
            tr("mixtures"),
            tr(
                "{count} mixtures of three patterns at T = 0, α = {load:g}",
                count=MIXTURES,
                load=MIXED_LOAD,
            ),
            tr(
                "stay (overlap above {least:g}); ½ ± {tolerance:g} like each part",
                least=STABLE,
                tolerance=SAME_OVERLAP,
            ),
            tr(
                "overlap {start:.3f} or more with the start, {mean:.3f} with a part ({low:.2f} to {high:.2f})",
                start=stays.min(),
                mean=parts.mean(),
                low=parts.min(),
                high=parts.max(),
            ),
            bool(stays.min() > STABLE and abs(parts.mean() - 0.5) < SAME_OVERLAP),
        ),
    )


def figure(found: Found) -> Figure:
    """The first step and recall against load; energies that fall, and what mixtures look like."""
    return Figure(((_first_step(found), _recall(found)), (_falling(found), _mixtures(found))))


def _first_step(found: Found) -> Panel:
    loads = np.array(list(found.wrong))
    shares = np.array([wrong.mean() for wrong in found.wrong.values()])
    errors = np.array([wrong.std(ddof=1) / math.sqrt(len(wrong)) for wrong in found.wrong.values()])
    seen = shares > 0
    at = np.linspace(0.04, LOADS[-1], 200)
    return Panel(
        tr("Wrong spins of a pattern after one step"),
        (
            Curve(at, one_step_error(at), "½ erfc(1/√(2α))", Role.TRUTH, dashed=True),
            Points(loads[seen], shares[seen], tr("Hebb's rule"), Role.MODEL, 5, errors[seen]),
        ),
        tr("load α = patterns/N"),
        tr("share of spins"),
        y_log=True,
    )


def _recall(found: Found) -> Panel:
    theory, overlap = retrieval()
    loads = np.array(list(found.recalls))
    kinds = (
        (tr("Hebb, from the pattern"), Role.DATA),
        (tr("Hebb, {damage} damaged", damage=DAMAGE), Role.MODEL),
        (tr("projection, damaged"), Role.RIVAL),
    )
    marks: list[Mark] = [
        Curve(theory, overlap, tr("theory, N → ∞"), Role.TRUTH, dashed=True),
        Marker(float(theory[-1]), f"α_c = {theory[-1]:.3f}"),
    ]
    for k, (name, role) in enumerate(kinds):
        of_networks = [[one[k].mean() for one in recalls] for recalls in found.recalls.values()]
        means = np.array([np.mean(values) for values in of_networks])
        spread = [
            np.std(values, ddof=1) / math.sqrt(len(values)) if len(values) > 1 else 0.0
            for values in of_networks
        ]
        marks.append(Points(loads, means, name, role, 5, np.array(spread)))
    return Panel(
        tr("Overlap with the pattern in the end"),
        tuple(marks),
        tr("load α = patterns/N"),
        "m",
        x_range=(0.0, LOADS[-1] + 0.01),
        y_range=(0.0, 1.05),
    )


def _falling(found: Found) -> Panel:
    marks: list[Mark] = []
    if found.falls is not None:
        sweeps, energies, stored = found.falls
        marks = [Curve(sweeps, one, "", Role.MODEL, faint=True) for one in energies.T]
        marks.append(Marker(stored, tr("mean of the patterns"), upright=False))
    return Panel(
        tr("Energy of damaged patterns, Hebb's rule, α = {load:g}", load=KEPT_LOAD),
        tuple(marks),
        tr("sweeps"),
        "E/N",
    )


def _mixtures(found: Found) -> Panel:
    marks: list[Mark] = []
    if found.mixed is not None:
        edges = np.linspace(-0.3, 1.0, 66)
        width = edges[1] - edges[0]
        for name, role, overlaps in (
            (tr("with the others"), Role.OTHER, found.mixed.others),
            (tr("with its three parts"), Role.MODEL, found.mixed.parts),
        ):
            counts = np.histogram(overlaps, edges)[0]
            marks.append(Bars(edges, counts / (width * max(overlaps.size, 1)), name, role))
        marks.append(Marker(0.5, "½"))
    return Panel(
        tr("Mixtures of three, α = {load:g}", load=MIXED_LOAD),
        tuple(marks),
        tr("overlap with a pattern"),
        tr("density"),
    )
