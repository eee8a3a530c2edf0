"""Observables of a model one by one: what each responds to, its multiplier, and its constraint's residual."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from landscape_app.data.columns import ColumnMeaning, in_units
from landscape_app.language import tr
from landscape_app.models.model import Model
from landscape_app.models.pairs import MOST_CONSTRAINED
from landscape_app.physics.host import to_host
from landscape_app.physics.resampling import effective_sample_size, independent_samples
from landscape_app.physics.space import Space
from landscape_app.session.memory import OBSERVING, needs_memory

SHOWN = 6
"""Items, and chains, of most f, and of least f, that are told of an observable."""

MOST_NUMBERS = 2**22
"""Numbers in the slopes of all of them, beyond which fewer are told."""

CANDIDATES, OF_A_VALUE, POOL = 8, 16, 4_096
"""Configurations that are compared for one that is told, as some may be equal; most of them with one value of f; and
extreme ones that they are taken from."""

TOGETHER = 2**16
"""Numbers in the configurations that are evaluated between two looks at what else there is to do."""

LINE_NODES, PLANE_NODES = 512, 96
"""Places along the axis of a line, and along each of a plane, at which observables are drawn."""

MARGIN = 0.1
"""Room around data and chains, as a share of their range."""

NO_OBSERVABLES = tr(
    "There are no observables to look into: models of learned observables have them, restricted Boltzmann machines "
    "(their hidden units), and up to {most} coupled spins without hidden ones",
    most=MOST_CONSTRAINED,
)


class ModelChains(NamedTuple):
    """Chains of a model.

    Attributes:
        x: configurations, shape (n, *shape).
        log_weights: their log importance weights, shape (n,); None where all count alike.
        ancestors: names of what they descend from, int64, shape (n,); None where that is not known.
        name: which they are, in words.
    """

    x: Tensor
    log_weights: Tensor | None
    ancestors: Tensor | None
    name: str


class Examples(NamedTuple):
    """Configurations of most f, or of least f, the most extreme first, no two of them equal.

    Attributes:
        places: their numbers among all, from 0, int64, shape (m,).
        values: f, float32, shape (m,).
        x: in few bytes (`Space.compact`), of a table in the units of the file, shape (m, *shape).
        slopes: ∂f/∂x, per unit of x (per level, of images), float32, shape (m, *shape); None of tables and points.
    """

    places: np.ndarray
    values: np.ndarray
    x: np.ndarray
    slopes: np.ndarray | None


class Response(NamedTuple):
    """Configurations that one observable responds to.

    Attributes:
        most_data: training items of most f.
        least_data: of least f.
        most_chains: chains of most f.
        least_chains: of least f.
    """

    most_data: Examples
    least_data: Examples
    most_chains: Examples
    least_chains: Examples


class ObservablesOnAxes(NamedTuple):
    """Observables of one or two continuous coordinates.

    Attributes:
        axes: places along each coordinate, in the units of the file, those on a log scale by their natural logarithm,
            float64, shape (nodes,).
        values: f, float32, shape (K, nodes), or (K, nodes of the second coordinate, nodes of the first).
    """

    axes: tuple[np.ndarray, ...]
    values: np.ndarray


@dataclass(frozen=True, eq=False)
class ObservablesRecord:
    """Observables f_i of a model, i = 1 … K, on the host.

    Means over data and chains are sums in double precision. The error is that of the chains alone, as the constraint
    is about the mean of just these data: of as many independent chains as they are worth. Chains that have not mixed
    are worth fewer than it knows; so are those that train, of which resampling makes copies that move apart slowly.

    Attributes:
        meanings: of each as a formula; empty where it is learned.
        multipliers: λ_i in nats per unit of f_i, float64, shape (K,); NaN where the energy is no sum of them.
        data_means: μ_i, float64, shape (K,).
        deviations: σ_i over the data, float64, shape (K,).
        chain_means: ⟨f_i⟩ over the chains, float64, shape (K,).
        errors: standard errors of these, float64, shape (K,).
        responses: configurations that each responds to.
        on_axes: their values over one or two coordinates; None of other spaces.
        items: number of training items.
        chains: number of chains.
        effective: number of unweighted chains that their weights leave.
        chains_name: which chains, in words.
        epoch: of the model.
        training: whether it was that of a training going on, not the averaged one that rests.
    """

    meanings: tuple[str, ...]
    multipliers: np.ndarray
    data_means: np.ndarray
    deviations: np.ndarray
    chain_means: np.ndarray
    errors: np.ndarray
    responses: tuple[Response, ...]
    on_axes: ObservablesOnAxes | None
    items: int
    chains: int
    effective: float
    chains_name: str
    epoch: int
    training: bool

    def __len__(self) -> int:
        return len(self.meanings)

    @property
    def names(self) -> tuple[str, ...]:
        """f1 … fK."""
        return tuple(f"f{i + 1}" for i in range(len(self)))

    @property
    def weights(self) -> np.ndarray:
        """λ_i σ_i, the share of each in the energy's differences between data, nats, float64, shape (K,)."""
        return self.multipliers * self.deviations

    @property
    def residuals(self) -> np.ndarray:
        """⟨f_i⟩_chains − μ_i, in units of f_i, float64, shape (K,)."""
        return self.chain_means - self.data_means

    @property
    def scores(self) -> np.ndarray:
        """z_i = (⟨f_i⟩_chains − μ_i)/σ_i, float64, shape (K,); NaN where f_i is the same for all data."""
        return _ratio(self.residuals, self.deviations)

    @property
    def in_errors(self) -> np.ndarray:
        """Residuals in standard errors, float64, shape (K,); NaN where f_i is the same for all chains."""
        return _ratio(self.residuals, self.errors)

    def as_json(self) -> dict[str, Any]:
        """All figures by name; items and chains are counted from 1; None for what is not known."""
        columns = {
            "multiplier": self.multipliers,
            "weight_nats": self.weights,
            "data_mean": self.data_means,
            "data_deviation": self.deviations,
            "chains_mean": self.chain_means,
            "chains_mean_error": self.errors,
            "residual": self.residuals,
            "z": self.scores,
            "errors": self.in_errors,
        }
        return {
            "epoch": self.epoch,
            "training_items": self.items,
            "chains": self.chains,
            "effective_chains": self.effective,
            "chains_name": self.chains_name,
            "observables": [
                {"name": self.names[i], "meaning": self.meanings[i]}
                | {name: _known(float(column[i])) for name, column in columns.items()}
                | {
                    kind: [
                        {"number": int(place) + 1, "value": float(value)}
                        for place, value in zip(found.places, found.values, strict=True)
                    ]
                    for kind, found in response._asdict().items()
                }
                for i, response in enumerate(self.responses)
            ],
        }


@torch.no_grad()
def number_of_observables(model: Model, data: Tensor) -> int:
    """K, the number of observables whose means a model's training constrains; 0 for none.

    Args:
        model: any.
        data: items, shape (n, *shape), n at least 1.
    """
    return model.constraints(data[:1]).shape[1]


def looking_into(
    model: Model,
    data: Tensor,
    chains: ModelChains,
    *,
    data_weights: Tensor | None = None,
    columns: Sequence[ColumnMeaning] = (),
    epoch: int = 0,
    training: bool = False,
    shown: int = SHOWN,
) -> Generator[float, None, ObservablesRecord]:
    """Steps of looking into the observables of a model (`Model.constraints`), which yield the share that is done.

    They are evaluated once on every item and chain, in batches, on a copy of the model, which may train on meanwhile.

    Args:
        model: at any parameters, on any device.
        data: training items, shape (n, *shape).
        chains: samples of the model alone.
        data_weights: of the items, shape (n,); None where they count alike.
        columns: of a table, or none.
        epoch: of the model, for the record.
        training: whether the model trains, for the record.
        shown: items, and chains, of most and of least f_i that are told.

    Returns:
        The steps, which return the record.

    Raises:
        ValueError: the model has no observables.
    """
    if not number_of_observables(model, data):
        raise ValueError(NO_OBSERVABLES)
    copy = model.with_values(model.values())
    return _steps(copy, data, chains, data_weights, columns, epoch, training, shown)


@needs_memory(OBSERVING)
def _steps(
    model: Model,
    data: Tensor,
    chains: ModelChains,
    data_weights: Tensor | None,
    columns: Sequence[ColumnMeaning],
    epoch: int,
    training: bool,
    shown: int,
) -> Generator[float, None, ObservablesRecord]:
    space, multipliers = model.space, model.constraint_multipliers
    share = len(data) / (len(data) + len(chains.x))
    of_data = yield from _values(model, data, 0.0, 0.8 * share)
    of_chains = yield from _values(model, chains.x, 0.8 * share, 0.8)
    sites = to_host(space.unit(chains.x))
    count = of_data.shape[1]
    numbers = 4 * count * (space.sites if _has_slopes(space) else 1)
    shown = max(1, min(shown, MOST_NUMBERS // numbers))
    means, deviations = _moments(of_data, data_weights)
    chain_means, errors = _mean_and_error(of_chains, chains, sites)
    responses = yield from _responses(model, (data, chains.x), (of_data, of_chains), columns, shown)
    found = torch.full((count,), math.nan) if multipliers is None else to_host(multipliers)
    return ObservablesRecord(
        meanings=model.constraint_meanings(count),
        multipliers=found.double().numpy(),
        data_means=means,
        deviations=deviations,
        chain_means=chain_means,
        errors=errors,
        responses=responses,
        on_axes=_on_axes(model, (data, chains.x), columns),
        items=len(data),
        chains=len(chains.x),
        effective=len(chains.x) if chains.log_weights is None else effective_sample_size(chains.log_weights),
        chains_name=chains.name,
        epoch=epoch,
        training=training,
    )


def _values(model: Model, x: Tensor, start: float, end: float) -> Generator[float, None, np.ndarray]:
    """f of configurations, float32, shape (n, K); yields shares from `start` to `end`."""
    parts: list[np.ndarray] = []
    done = 0
    for part in x.split(max(1, TOGETHER // model.space.sites)):
        with torch.no_grad():
            parts.append(to_host(model.constraints(part)).float().numpy())
        done += len(part)
        yield start + (end - start) * done / len(x)
    return np.concatenate(parts)


def _moments(f: np.ndarray, weights: Tensor | None) -> tuple[np.ndarray, np.ndarray]:
    """Means and standard deviations of weighted rows, shape (n, K), in double precision, shape (K,) each."""
    w = np.full(len(f), 1 / len(f)) if weights is None else to_host(weights).double().numpy()
    w = w / w.sum()
    # From the first row, so that what does not vary has no deviation to the last bit.
    centred = f.astype(np.float64) - f[0].astype(np.float64)
    means = w @ centred
    return f[0] + means, np.sqrt(w @ (centred - means) ** 2)


def _mean_and_error(f: np.ndarray, chains: ModelChains, sites: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Means over chains and their standard errors, float64, shape (K,) each, of f with shape (n, K).

    Σ_n W_n f_n with weights that sum to one has the variance Σ_n W_n² (f_n − ⟨f⟩)² / (1 − Σ_n W_n²) of independent
    chains; of chains that share ancestors σ² over the number of independent ones that they are worth.
    """
    if chains.log_weights is None:
        w = np.full(len(f), 1 / len(f))
    else:
        w = to_host(chains.log_weights).double().softmax(0).numpy()
    centred = f.astype(np.float64) - f[0].astype(np.float64)
    means = w @ centred
    centred -= means
    rest = 1 - float((w**2).sum())
    if rest <= 0:
        return f[0] + means, np.full(f.shape[1], math.inf)
    if chains.ancestors is None:
        return f[0] + means, np.sqrt(w**2 @ centred**2 / rest)
    ancestors = to_host(chains.ancestors)
    variances = w @ centred**2 / rest
    worth = independent_samples([torch.from_numpy(centred), sites], ancestors)
    return f[0] + means, np.sqrt(variances / worth)


def _responses(
    model: Model,
    sets: tuple[Tensor, Tensor],
    values: tuple[np.ndarray, np.ndarray],
    columns: Sequence[ColumnMeaning],
    shown: int,
) -> Generator[float, None, tuple[Response, ...]]:
    """Responses of each observable among items and chains, of f with shapes (n, K); yields shares from 0.8."""
    space, count = model.space, values[0].shape[1]
    chosen: list[tuple[int, int, np.ndarray]] = []
    items: list[np.ndarray] = []
    for of_set, (x, f) in enumerate(zip(sets, values, strict=True)):
        candidates = [
            [_extreme(sign * f[:, i], CANDIDATES * shown) for sign in (-1, 1)] for i in range(count)
        ]
        places = np.unique(np.concatenate([found for both in candidates for found in both]))
        rows = to_host(space.compact(_at(x, places))).numpy()
        for i in range(count):
            for found in candidates[i]:
                kept = _different(found, rows[np.searchsorted(places, found)], shown)
                chosen.append((of_set, i, kept))
                items.append(rows[np.searchsorted(places, kept)])
            yield 0.8
    slopes = yield from _slopes(model, sets, chosen)
    examples = [
        Examples(places, values[of_set][places, i], in_units(columns, rows), slope)
        for (of_set, i, places), rows, slope in zip(chosen, items, slopes, strict=True)
    ]
    of_data, of_chains = examples[: 2 * count], examples[2 * count :]
    return tuple(Response(*of_data[2 * i : 2 * i + 2], *of_chains[2 * i : 2 * i + 2]) for i in range(count))


def _at(x: Tensor, places: np.ndarray) -> Tensor:
    """Rows at some places, on the device of x."""
    return x[torch.from_numpy(places).to(x.device)]


def _extreme(values: np.ndarray, count: int) -> np.ndarray:
    """Places of low values, rising, the first of equal ones first, int64, at most `count`, and few of each value."""
    found = np.arange(len(values))
    pool = max(count, POOL)
    if pool < len(values):
        last = np.partition(values, pool - 1)[pool - 1]
        below, equal = np.flatnonzero(values < last), np.flatnonzero(values == last)
        found = np.concatenate([below, equal[: pool - len(below)]])
    found = found[np.argsort(values[found], kind="stable")]
    rising = values[found]
    rank = np.arange(len(found)) - np.searchsorted(rising, rising)
    return found[rank < OF_A_VALUE][:count]


def _different(places: np.ndarray, rows: np.ndarray, most: int) -> np.ndarray:
    """The first places whose rows differ from all before, at most so many."""
    known: dict[bytes, int] = {}
    for place, row in zip(places.tolist(), rows, strict=True):
        known.setdefault(row.tobytes(), place)
    return np.fromiter(known.values(), np.int64)[:most]


def _has_slopes(space: Space) -> bool:
    """True of images and spins, whose slopes are told."""
    return space.is_discrete and not space.is_categorical


def _slopes(
    model: Model, sets: tuple[Tensor, Tensor], chosen: Sequence[tuple[int, int, np.ndarray]]
) -> Generator[float, None, list[np.ndarray | None]]:
    """∂f_i/∂x of every choice of set, observable and places, float32, shape (m, *shape) each."""
    if not _has_slopes(model.space):
        return [None] * len(chosen)
    x = torch.cat([_at(sets[of_set], places) for of_set, _, places in chosen])
    which = torch.cat([torch.full((len(places),), i) for _, i, places in chosen]).to(x.device)
    at_once = max(1, TOGETHER // model.space.sites)
    parts: list[Tensor] = []
    for part, of in zip(x.split(at_once), which.split(at_once), strict=True):
        with torch.enable_grad():
            at = part.detach().clone().requires_grad_()
            values = model.constraints(at).gather(1, of.unsqueeze(1))
            parts.append(torch.autograd.grad(values.sum(), at)[0])
        yield 0.8 + 0.2 * sum(map(len, parts)) / len(x)
    found = to_host(torch.cat(parts)).numpy()
    ends = np.cumsum([len(places) for _, _, places in chosen])
    return list(np.split(found, ends[:-1]))


def _on_axes(
    model: Model, sets: tuple[Tensor, Tensor], columns: Sequence[ColumnMeaning]
) -> ObservablesOnAxes | None:
    """Observables over the range of items and chains; None but of one or two continuous coordinates."""
    space = model.space
    if not space.is_real or space.sites > 2:
        return None
    places = torch.cat([to_host(x.flatten(1)) for x in sets]).double()
    low, high = places.amin(0), places.amax(0)
    room = (MARGIN * (high - low)).clamp_min(1e-6)
    low, high = low - room, high + room
    if space.bounds is not None:
        low, high = low.clamp_min(space.bounds[0]), high.clamp_max(space.bounds[1])
    nodes = LINE_NODES if space.sites == 1 else PLANE_NODES
    axes = [
        torch.linspace(float(a), float(b), nodes, dtype=torch.float64) for a, b in zip(low, high, strict=True)
    ]
    # The second coordinate from row to row.
    grid = torch.stack(torch.meshgrid(*reversed(axes), indexing="ij")[::-1], -1)
    x = grid.view(-1, *space.shape).float().to(sets[0].device)
    with torch.no_grad():
        values = to_host(model.constraints(x)).float().T.reshape(-1, *grid.shape[:-1])
    drawn = [
        column.drawn(column.in_unit(axis.numpy())) for column, axis in zip(columns, axes, strict=False)
    ] or [axis.numpy() for axis in axes]
    return ObservablesOnAxes(tuple(drawn), values.numpy())


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """above / below; NaN where that is zero."""
    return np.divide(above, below, out=np.full(len(above), math.nan), where=below > 0)


def _known(number: float) -> float | None:
    return number if math.isfinite(number) else None
