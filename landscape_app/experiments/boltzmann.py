"""Couplings of an Ising lattice from samples in four ways, against the least error that is possible."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from landscape_app.experiments.experiment import SEED, Experiment, Finding, Parameter, Progress, Values
from landscape_app.experiments.figure import Curve, Figure, Heatmap, Mark, Marker, Panel, Points, Role
from landscape_app.language import tr
from landscape_app.learning import FITS
from landscape_app.learning.ensembles import make_ensemble
from landscape_app.learning.schedule import Schedule
from landscape_app.models.pairs import PairModel
from landscape_app.physics.base_measure import BaseMeasure, ProductBase
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.kernels import DiscreteLangevin
from landscape_app.physics.lattice import Ising
from landscape_app.physics.space import Spins

CHAINS = 1_024
SCHEDULE = Schedule(theta_rate=0.1, momentum=0.9, weighted=True, moves=4)
INTERVAL = 20
"""Epochs between two looks at the couplings."""

ALLOWED_DEVIATIONS = 4
"""Standard deviations by which the error of an efficient estimator may differ from the limit."""

LEAST_BIAS = 2.0
"""Mean field's error over the limit, at least, near the transition."""


class CouplingsWay(NamedTuple):
    """One way to the couplings.

    Attributes:
        title: in the figure.
        fit: name of the trainer.
        epochs: share of the experiment's epochs that it takes; 0 for a formula, in one epoch.
        role: its colour.
        allowed: error over that of the exact likelihood on the same samples, at most.
    """

    title: str
    fit: str
    epochs: float
    role: Role
    allowed: float


EXACT = CouplingsWay(tr("exact likelihood"), "exact", 0.5, Role.MODEL, 1.0)
BY_CHAINS = CouplingsWay(tr("chains"), "likelihood", 1.0, Role.DATA, 1.2)
PSEUDO = CouplingsWay(tr("pseudo-likelihood"), "pseudo-likelihood", 0.5, Role.RIVAL, 1.3)
MEAN_FIELD = CouplingsWay(tr("mean field"), "mean-field", 0.0, Role.OTHER, math.inf)
WAYS = (EXACT, BY_CHAINS, PSEUDO, MEAN_FIELD)


def lattice(side: int, coupling: float) -> PairModel:
    """Ising model on a periodic square lattice without fields, as spins with pair couplings."""
    spins = Spins((side, side))
    bonds = Ising(spins.shape, coupling).bonds()
    couplings = torch.zeros(spins.sites, spins.sites)
    couplings[bonds.first, bonds.second] = bonds.couplings
    couplings[bonds.second, bonds.first] = bonds.couplings
    return PairModel(ProductBase.uniform(spins), couplings, torch.zeros(spins.sites))


class Samples(Protocol):
    """Samples whose couplings are sought.

    Attributes:
        x: shape (n, *shape).
        pairs: i and j of all couplings, i < j.
    """

    x: Tensor
    pairs: Tensor

    @property
    def base_measure(self) -> BaseMeasure:
        """Uniform spins."""
        ...

    def ratio(self, model: PairModel) -> float:
        """Root mean square error over the least that is possible; NaN where it is not known."""
        ...


class Limit(NamedTuple):
    """Least error of couplings and fields from independent samples (Cramér 1946; Rao 1945).

    Attributes:
        error: root mean square over all couplings and fields, from the inverse of the Fisher information.
        spread: relative standard deviation of the root mean square error of an efficient estimator.
    """

    error: float
    spread: float


class LatticeSamples:
    """A lattice whose states are summed, independent samples of it, and the least error that they allow.

    Args:
        side: of the lattice.
        coupling: J between neighbours.
        count: samples.
        seed: of the samples.

    Attributes:
        truth: the lattice.
        x: samples, shape (count, side, side).
        limit: least error.
        pairs: i and j of all couplings, i < j.
    """

    def __init__(self, side: int, coupling: float, count: int, seed: int) -> None:
        self.truth = lattice(side, coupling)
        exact = ExactModel(self.truth.target)
        p = exact.log_weights().exp()
        drawn = torch.multinomial(p, count, True, generator=torch.Generator().manual_seed(seed))
        self.x = exact.x[drawn].float()
        sites = side * side
        self.pairs = torch.triu_indices(sites, sites, 1)
        self.limit = least_error(self.truth, count)

    @property
    def base_measure(self) -> BaseMeasure:
        """Uniform spins."""
        return self.truth.base_measure

    def couplings(self, model: PairModel) -> np.ndarray:
        """J_ij, i < j, shape (pairs,)."""
        return couplings_of(model, self.pairs)

    def error(self, model: PairModel) -> float:
        """Root mean square error of all couplings and fields."""
        return rms_difference(model, self.truth, self.pairs)

    def ratio(self, model: PairModel) -> float:
        """Root mean square error over the least."""
        return self.error(model) / self.limit.error


def couplings_of(model: PairModel, pairs: Tensor) -> np.ndarray:
    """J_ij of pairs, i and j, shape (pairs,)."""
    values: np.ndarray = model.symmetric.detach()[pairs[0], pairs[1]].numpy()
    return values


def rms_difference(model: PairModel, other: PairModel, pairs: Tensor) -> float:
    """Root mean square difference of two models' couplings and fields."""
    apart = np.append(
        couplings_of(model, pairs) - couplings_of(other, pairs),
        (model.fields - other.fields).detach().numpy(),
    )
    return float(np.sqrt((apart.astype(float) ** 2).mean()))


def least_error(model: PairModel, count: int) -> Limit:
    """The Cramér–Rao limit of `count` independent samples of a model, from its Fisher information by enumeration."""
    exact = ExactModel(model.target)
    p = exact.log_weights().exp()
    s = exact.x.double().flatten(1)
    first, second = torch.triu_indices(s.shape[1], s.shape[1], 1)
    f = torch.cat([s, s[:, first] * s[:, second]], 1)
    f -= p @ f
    covariance = torch.linalg.inv(f.T @ (p.unsqueeze(1) * f)) / count
    total = covariance.diagonal().sum()
    # Half the relative deviation of Σ errors², whose variance is 2 tr C² for normal errors of covariance C.
    spread = 0.5 * (2 * covariance.square().sum()).sqrt() / total
    return Limit(float((total / len(covariance)).sqrt()), float(spread))


class CouplingsLook(NamedTuple):
    """State of one way while it trains.

    Attributes:
        epoch: epochs done.
        share: of its epochs.
        model: with the couplings and fields found so far.
        couplings: J, shape (sites, sites).
        found: J_ij, i < j, shape (pairs,).
        ratio: root mean square error over the limit; NaN where it is not known.
    """

    epoch: int
    share: float
    model: PairModel
    couplings: np.ndarray
    found: np.ndarray
    ratio: float


def fit(way: CouplingsWay, samples: Samples, epochs: int, seed: int) -> Iterator[CouplingsLook]:
    """Fits couplings and fields in one way; yields now and then, the result last.

    Args:
        way: to them.
        samples: to find them from.
        epochs: of the experiment.
        seed: of the chains.
    """
    model = PairModel.untrained(samples.base_measure)
    generator = torch.Generator().manual_seed(seed)
    ensemble = make_ensemble(model.target, DiscreteLangevin(), generator, CHAINS, 1, SCHEDULE)
    trainer = FITS[way.fit](model, samples.x, samples.x[:2], ensemble, SCHEDULE, seed)
    planned = max(1, round(way.epochs * epochs))
    for epoch in range(planned):
        trainer.progress = epoch / planned
        trainer.advance()
        if epoch % INTERVAL == 0:
            yield _look(samples, model, epoch + 1, (epoch + 1) / planned)
    trainer.rest()
    yield _look(samples, model, planned, 1.0)


def _look(samples: Samples, model: PairModel, epoch: int, share: float) -> CouplingsLook:
    found = couplings_of(model, samples.pairs)
    table: Tensor = model.symmetric.detach().clone()
    kept = model.with_values(model.values())
    return CouplingsLook(epoch, share, kept, table.numpy(), found, samples.ratio(model))


class Boltzmann(Experiment):
    """Inverse Ising problem."""

    name = "boltzmann"
    title = tr("Couplings from samples, four ways")
    paper = tr("Ackley, Hinton and Sejnowski 1985")
    summary = tr(
        "A Boltzmann machine without hidden units is an Ising model whose couplings are to be found from samples. "
        "No method can find them better than the Cramér–Rao limit, which is known here, as the 65,536 states of a "
        "4 × 4 lattice can be summed. The exact likelihood reaches the limit, and so do Markov chains in place of "
        "the sum. The pseudo-likelihood needs neither, and pays little for it. Mean field inverts a matrix, and near "
        "the transition it is wrong however many samples there are."
    )
    parameters = (
        Parameter(
            "samples", tr("Samples"), 10_000, 100_000, 500, 1_000_000, tr("Independent, of the lattice.")
        ),
        Parameter(
            "coupling",
            tr("Coupling J"),
            0.4,
            0.4,
            0.05,
            0.5,
            tr("Between neighbours; infinite lattices order above 0.4407."),
            whole=False,
        ),
        Parameter("side", tr("Side of the lattice"), 4, 4, 3, 4, tr("Its states are summed.")),
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
    minutes = (0.5, 3.0)

    def sketch(self) -> tuple[Mark, ...]:
        """Couplings of a ring of four spins, true and by mean field, against the true ones.

        With t = tanh J neighbours have the correlation (t + t³)/(1 + t⁴), opposite spins 2t²/(1 + t⁴) (Ising 1925).
        """
        true = np.linspace(0.02, 0.6, 60)
        t = np.tanh(true)
        near, far = (t + t**3) / (1 + t**4), 2 * t**2 / (1 + t**4)
        # Eigenvalues of the circulant C, and minus the first off-diagonal entry of its inverse.
        eigenvalues = np.array([1 + 2 * near + far, 1 - far, 1 - 2 * near + far])
        found = -(1 / eigenvalues[0] - 1 / eigenvalues[2]) / 4
        return (
            Curve(true, true, role=Role.TRUTH, dashed=True),
            Points(true[::6], true[::6], role=Role.MODEL, size=5.0),
            Curve(true, found, role=Role.OTHER),
        )

    def run(self, values: Values) -> Iterator[Progress]:
        """One way after the other."""
        seed, epochs = int(values["seed"]), int(values["epochs"])
        samples = LatticeSamples(int(values["side"]), values["coupling"], int(values["samples"]), seed)
        looks: dict[CouplingsWay, list[CouplingsLook]] = {}
        for number, way in enumerate(WAYS):
            looks[way] = []
            for look in fit(way, samples, epochs, seed):
                looks[way].append(look)
                share = 0.99 * (number + look.share) / len(WAYS)
                yield Progress(share, tr("Fitting by {way}", way=way.title), figure(samples, looks))
        yield Progress(1.0, tr("Done"), figure(samples, looks), findings(samples, looks))


def findings(samples: LatticeSamples, looks: dict[CouplingsWay, list[CouplingsLook]]) -> tuple[Finding, ...]:
    """Errors of all ways over the limit, and the bias of mean field."""
    ratio = {way: of_way[-1].ratio for way, of_way in looks.items()}
    found = list(against_limit(ratio, samples.limit))
    true = samples.couplings(samples.truth)
    bonds = looks[MEAN_FIELD][-1].found[true > 0]
    mean, deviation = float(bonds.mean()), float(bonds.std()) / math.sqrt(len(bonds))
    found.append(
        Finding(
            MEAN_FIELD.title,
            tr("Error of mean field over the Cramér–Rao limit"),
            tr("above {least_bias:g}: it is biased", least_bias=LEAST_BIAS),
            tr(
                "{ratio:.2f}; neighbours {mean:.3f} ± {deviation:.3f} in place of {true:.3f}",
                ratio=ratio[MEAN_FIELD],
                mean=mean,
                deviation=deviation,
                true=true.max(),
            ),
            ratio[MEAN_FIELD] > LEAST_BIAS,
        )
    )
    return tuple(found)


def against_limit(ratio: Mapping[CouplingsWay, float], limit: Limit) -> tuple[Finding, ...]:
    """Verdicts on the exact likelihood, on chains and on pseudo-likelihood.

    Args:
        ratio: error over the limit, by the way.
        limit: least error.
    """
    room = ALLOWED_DEVIATIONS * limit.spread
    exact = Finding(
        tr("exact"),
        tr("Error of the exact likelihood over the Cramér–Rao limit"),
        tr(
            "1 ± {room:.2f} ({count} standard deviations)",
            room=room,
            count=ALLOWED_DEVIATIONS,
        ),
        tr(
            "{ratio:.2f}: {found:.4f} over {limit:.4f}",
            ratio=ratio[EXACT],
            found=ratio[EXACT] * limit.error,
            limit=limit.error,
        ),
        abs(ratio[EXACT] - 1) <= room,
    )
    others = [
        Finding(
            way.title,
            tr("Error of {way} over that of the exact likelihood", way=way.title),
            tr("at most {allowed}", allowed=way.allowed),
            tr(
                "{over_exact:.2f}; {over_limit:.2f} × the limit",
                over_exact=ratio[way] / ratio[EXACT],
                over_limit=ratio[way],
            ),
            ratio[way] <= way.allowed * ratio[EXACT],
        )
        for way in (BY_CHAINS, PSEUDO)
    ]
    return (exact, *others)


def figure(samples: LatticeSamples, looks: dict[CouplingsWay, list[CouplingsLook]]) -> Figure:
    """Couplings found against true, errors over the limit, their way there, and all tables of J."""
    truth = samples.truth.symmetric.detach().numpy()
    tables = [table_of(tr("True couplings"), truth)]
    tables += [
        table_of(capital(way.title), looks[way][-1].couplings if way in looks else None) for way in WAYS
    ]
    bias = looks[MEAN_FIELD][-1].couplings - truth if MEAN_FIELD in looks else None
    tables.append(table_of(tr("Mean field, less the truth"), bias))
    return Figure(
        (
            (_against_true(samples, looks), _errors(samples, looks), _falling(looks)),
            tuple(tables[:3]),
            tuple(tables[3:]),
        )
    )


def _against_true(samples: LatticeSamples, looks: dict[CouplingsWay, list[CouplingsLook]]) -> Panel:
    true = samples.couplings(samples.truth).astype(float)
    ends = _around(true)
    levels = np.unique(true)
    width = 0.15 * levels[-1]
    across = np.stack([levels - width, levels + width, levels + np.nan], 1).ravel()
    marks: list[Mark] = [Curve(across, np.repeat(levels, 3), tr("true"), Role.TRUTH, dashed=True)]
    for number, way in enumerate(WAYS):
        if way in looks:
            beside = true + (number - 1.5) * 0.06 * float(true.max())
            marks.append(Points(beside, looks[way][-1].found.astype(float), way.title, way.role, 3.0))
    return Panel(
        tr("Couplings found, the four ways side by side"),
        tuple(marks),
        tr("true J"),
        tr("found J"),
        x_range=ends,
    )


def _around(true: np.ndarray) -> tuple[float, float]:
    return -0.2 * float(true.max()), 1.2 * float(true.max())


def _errors(samples: LatticeSamples, looks: dict[CouplingsWay, list[CouplingsLook]]) -> Panel:
    marks: list[Mark] = [Marker(1.0, tr("Cramér–Rao limit"), upright=False)]
    for number, way in enumerate(WAYS):
        if way in looks:
            at, ratio = np.array([float(number)]), np.array([looks[way][-1].ratio])
            error = ratio * samples.limit.spread if way is not MEAN_FIELD else None
            marks.append(Points(at, ratio, "", way.role, 8.0, error))
    names = ((0.0, tr("exact")), (1.0, tr("chains")), (2.0, tr("pseudo")), (3.0, tr("mean field")))
    return Panel(
        tr(
            "Error with {samples:,} samples, over the limit of {limit:.4f}",
            samples=len(samples.x),
            limit=samples.limit.error,
        ),
        tuple(marks),
        "",
        tr("root mean square error / limit"),
        x_range=(-0.6, 3.6),
        x_names=names,
    )


def _falling(looks: dict[CouplingsWay, list[CouplingsLook]]) -> Panel:
    marks: list[Mark] = [Marker(1.0, tr("Cramér–Rao limit"), upright=False)]
    for way, of_way in looks.items():
        if way is not MEAN_FIELD:
            epochs, ratios = (
                np.array(values, float) for values in zip(*((k.epoch, k.ratio) for k in of_way), strict=True)
            )
            marks.append(Curve(epochs, ratios, way.title, way.role))
    return Panel(tr("The error while it learns"), tuple(marks), tr("epochs"), tr("error / limit"), y_log=True)


def table_of(title: str, couplings: np.ndarray | None) -> Panel:
    """A panel of J as colours, empty before there is one."""
    number = np.arange(1.0, 1 if couplings is None else len(couplings) + 1)
    marks = () if couplings is None else (Heatmap(number, number, couplings.astype(float), "J"),)
    return Panel(title, marks, tr("spin j"), tr("spin i"), square=True)


def capital(title: str) -> str:
    """A title that begins with a capital letter."""
    return title[0].upper() + title[1:]
