"""Couplings of spins at hand, four ways, against the truth where it is known."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from landscape_app.data.synthetic import COUPLING
from landscape_app.experiments.boltzmann import (
    BY_CHAINS,
    EXACT,
    MEAN_FIELD,
    PSEUDO,
    CouplingsLook,
    CouplingsWay,
    Limit,
    against_limit,
    capital,
    couplings_of,
    fit,
    lattice,
    least_error,
    table_of,
)
from landscape_app.experiments.experiment import SEED, Experiment, Finding, Parameter, Progress, Values
from landscape_app.experiments.figure import Curve, Figure, Mark, Marker, Panel, Points, Role
from landscape_app.language import tr
from landscape_app.learning import FITS
from landscape_app.models.pairs import PairModel
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.estimate import Estimate
from landscape_app.physics.space import Spins

MOST_SUMMED = 16
"""Spins whose states are summed for the least error: beyond, its table of moments is too large."""

MOST_POINTS = 3_000
"""Couplings that are drawn, evenly chosen."""

FEW_VALUES = 10
"""Distinct true couplings up to which the ways are drawn side by side, as they would hide one another."""

IN_ROW = 3
"""Panels."""

LEAST_SAMPLES = 100
"""Items below which nothing holds the couplings: a likelihood of a few patterns has no maximum."""

Looks = dict[CouplingsWay, CouplingsLook]


def known_truth(problem: str, shape: tuple[int, ...]) -> PairModel | None:
    """Couplings that the data of a problem were drawn with, of spins of a shape; None where nobody knows them."""
    truth = lattice(4, COUPLING)
    return truth if problem == "ising" and shape == truth.space.shape else None


class GivenSamples:
    """Items of a data set of spins.

    Args:
        x: spins ±1, shape (n, *shape).
        truth: couplings and fields that they were drawn with, where they are known.

    Attributes:
        limit: least error of couplings and fields from so many independent samples; None where it is not known.

    Raises:
        ValueError: too few items, or the truth is of other spins.
    """

    def __init__(self, x: np.ndarray, truth: PairModel | None = None) -> None:
        if len(x) < LEAST_SAMPLES:
            raise ValueError(
                tr(
                    "couplings are sought in {least} items or more, these are {count}: of so few, every likelihood "
                    "grows without end",
                    least=LEAST_SAMPLES,
                    count=len(x),
                )
            )
        self.base_measure = ProductBase.uniform(Spins(x.shape[1:]))
        self.x: Tensor = torch.from_numpy(np.ascontiguousarray(x)).float()
        self.truth = truth
        self.sites = self.base_measure.space.sites
        if truth is not None and truth.space.sites != self.sites:
            raise ValueError(f"the truth is of {truth.space.sites} spins, the items of {self.sites}")
        self.pairs = torch.triu_indices(self.sites, self.sites, 1)
        self.limit = None if truth is None else self.limit_at(truth)

    def limit_at(self, model: PairModel) -> Limit | None:
        """Least error if a model were the truth; None of more spins than can be summed."""
        return least_error(model, len(self.x)) if self.sites <= MOST_SUMMED else None

    def ratio(self, model: PairModel) -> float:
        """Root mean square error over the least; NaN where it is not known."""
        if self.truth is None or self.limit is None:
            return math.nan
        return rms(differences(model, self.truth, self.pairs)).value / self.limit.error

    @property
    def ways(self) -> tuple[CouplingsWay, ...]:
        """Ways that these spins can be fitted by, the one that others are compared with first."""
        can = [
            way
            for way in (EXACT, PSEUDO, BY_CHAINS, MEAN_FIELD)
            if not FITS[way.fit].obstacle(PairModel, self.base_measure.space)
        ]
        return tuple(can)


def differences(model: PairModel, other: PairModel, pairs: Tensor) -> np.ndarray:
    """Couplings, and then fields, of a model less those of another, float64, shape (pairs + N,)."""
    of_pairs = couplings_of(model, pairs) - couplings_of(other, pairs)
    return np.append(of_pairs, (model.fields - other.fields).detach().numpy()).astype(float)


class CouplingsOfData(Experiment):
    """The four ways on a data set of spins.

    Args:
        name: on the command line and of its results.
        data: what they are, in words.
        samples: the items.
    """

    paper: ClassVar[str] = tr("Ackley, Hinton and Sejnowski 1985")
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(
            "epochs",
            tr("Epochs"),
            600,
            2_000,
            20,
            20_000,
            tr("Of chains; sums and pseudo-likelihood, which have no noise, take half."),
        ),
        SEED,
    )
    minutes: ClassVar[tuple[float, float]] = (0.5, 3.0)

    def __init__(self, name: str, data: str, samples: GivenSamples) -> None:
        self.name = name  # type: ignore[misc]
        self.title = tr("Couplings of {data}, four ways", data=data)  # type: ignore[misc]
        sought = tr(
            "{items:,} items of {spins} spins. Their couplings and fields are sought by the exact likelihood, where "
            "all states can be summed, by Markov chains, by pseudo-likelihood and by mean field.",
            items=len(samples.x),
            spins=samples.sites,
        )
        known = tr("Here the couplings that they were drawn with are known.")
        unknown = tr(
            "Nobody knows the true ones: the others are compared with those by {way}, and what they differ by is no "
            "error.",
            way=samples.ways[0].title,
        )
        self.summary = f"{sought} {unknown if samples.truth is None else known}"  # type: ignore[misc]
        self._samples = samples

    def run(self, values: Values) -> Iterator[Progress]:
        """One way after the other."""
        samples, looks = self._samples, Looks()
        for number, way in enumerate(samples.ways):
            for look in fit(way, samples, int(values["epochs"]), int(values["seed"])):
                looks[way] = look
                share = 0.99 * (number + look.share) / len(samples.ways)
                yield Progress(share, tr("Fitting by {way}", way=way.title), figure(samples, looks))
            if way is EXACT and samples.truth is None:
                samples.limit = samples.limit_at(looks[way].model)
        yield Progress(1.0, tr("Done"), figure(samples, looks), findings(samples, looks))


def findings(samples: GivenSamples, looks: Looks) -> tuple[Finding, ...]:
    """Errors over the limit, where the truth and the limit are known; no verdict elsewhere."""
    if samples.truth is None or samples.limit is None:
        return ()
    return against_limit({way: look.ratio for way, look in looks.items()}, samples.limit)


def figure(samples: GivenSamples, looks: Looks) -> Figure:
    """Couplings of all ways against the truth or the best of them, how far they are apart, and all tables of J."""
    tables = [
        table_of(capital(way.title), looks[way].couplings if way in looks else None) for way in samples.ways
    ]
    panels = [_against(samples, looks), _apart(samples, looks), *tables]
    return Figure((tuple(panels[:IN_ROW]), tuple(panels[IN_ROW:])))


def _reference(samples: GivenSamples, looks: Looks) -> tuple[PairModel | None, str]:
    """Model that couplings are compared with, and its name; None before it is known."""
    if samples.truth is not None:
        return samples.truth, tr("true")
    first = samples.ways[0]
    return (looks[first].model if first in looks else None), first.title


def _against(samples: GivenSamples, looks: Looks) -> Panel:
    reference, name = _reference(samples, looks)
    marks: list[Mark] = []
    if reference is not None:
        across = couplings_of(reference, samples.pairs).astype(float)
        chosen = np.linspace(0, len(across) - 1, min(len(across), MOST_POINTS)).round().astype(int)
        ends = np.array([across.min(), across.max()])
        marks.append(Curve(ends, ends, name, Role.TRUTH, dashed=True))
        apart = 0.05 * float(np.ptp(ends)) if len(np.unique(across)) <= FEW_VALUES else 0.0
        for number, way in enumerate(samples.ways):
            if way in looks and looks[way].model is not reference:
                found = looks[way].found.astype(float)
                beside = across[chosen] + (number - (len(samples.ways) - 1) / 2) * apart
                marks.append(Points(beside, found[chosen], way.title, way.role, 3.0))
    axis = tr("true J (nats)") if samples.truth is not None else tr("J by {way} (nats)", way=name)
    return Panel(tr("Couplings found"), tuple(marks), axis, tr("found J (nats)"))


def _apart(samples: GivenSamples, looks: Looks) -> Panel:
    reference, name = _reference(samples, looks)
    marks: list[Mark] = []
    if samples.limit is not None:
        known = samples.truth is not None
        where = tr("Cramér–Rao limit") if known else tr("Cramér–Rao limit at the couplings found")
        marks.append(Marker(samples.limit.error, where, upright=False))
    for number, way in enumerate(samples.ways):
        if reference is not None and way in looks and looks[way].model is not reference:
            apart = rms(differences(looks[way].model, reference, samples.pairs))
            at = np.array([float(number)])
            marks.append(Points(at, np.array([apart.value]), "", way.role, 8.0, np.array([apart.error])))
    short = {EXACT: tr("exact"), BY_CHAINS: tr("chains"), PSEUDO: tr("pseudo"), MEAN_FIELD: tr("mean field")}
    items = len(samples.x)
    return Panel(
        tr("Error of J and h, {items:,} items", items=items)
        if samples.truth is not None
        else tr("Difference from {way} of J and h, {items:,} items", way=name, items=items),
        tuple(marks),
        "",
        tr("root mean square (nats)"),
        x_range=(-0.6, len(samples.ways) - 0.4),
        x_names=tuple((float(number), short[way]) for number, way in enumerate(samples.ways)),
    )


def rms(values: np.ndarray) -> Estimate:
    """Root mean square of values, with the standard error of as many independent ones."""
    squares = values**2
    mean = float(squares.mean())
    error = float(squares.std(ddof=1)) / math.sqrt(len(squares)) if len(squares) > 1 else math.inf
    root = math.sqrt(mean)
    return Estimate(root, error / (2 * root) if root else 0.0)
