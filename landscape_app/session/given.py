"""Models that are given, an energy of the user's own or couplings in a file, and the data that stand for them.

The data are samples of the model itself: independent ones where its space or its hidden units can
be summed over, else those of a ladder of replicas. Chains, means and entropies are compared with them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from landscape_app.data import Dataset, Kind
from landscape_app.data.couplings import ENDINGS, read_parameters
from landscape_app.data.dataset import stratified_split
from landscape_app.language import tr
from landscape_app.models import EnergyModel, Model, PairModel, RestrictedBoltzmannMachine
from landscape_app.models.energy import DEFAULT_WALL, EnergyError, EnergySource, Function
from landscape_app.models.rbm import MOST_SUMMED_UNITS
from landscape_app.physics.chains import Chains
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.formula import check_defined
from landscape_app.physics.host import to_host
from landscape_app.physics.kernels import make_kernel
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.space import Box, Levels, Space, Spins, sides
from landscape_app.problems import PROBLEMS, Configuration, starting_configuration
from landscape_app.problems.model import uniform_base
from landscape_app.session.custom_field import FieldSource, read_source, run_source, source_of_text

CODE_ENDING = ".py"

SAMPLES = 2_500
"""Of the model, which stand for data; a fifth of them is held out."""

SETTLING_STEPS = 30
"""From the nodes of a quadrature to points between them."""

COLUMNS, TUNING_STEPS, SPACING = 50, 240, 10
"""Ladders that samples come from where nothing can be summed, their steps before the first sample is taken, and those
between two."""

CHAINS, REPLICAS = 128, 8
"""Ladders of the session's own ensemble, and replicas of each, which come from the base measure to the model."""


@dataclass(frozen=True)
class GivenModel:
    """Model that is given, as it was read: no Python of it has run.

    Attributes:
        name: of the run: that of the file, or "formula".
        space: where its configurations live.
        energy: the energy; None of tables.
        tables: "J" and "h", or "W", "a" and "b"; empty of an energy.
        origin: the formula, or the path of the file.
    """

    name: str
    space: Space
    energy: EnergySource | None = None
    tables: Mapping[str, np.ndarray] = field(default_factory=dict)
    origin: str = ""

    @property
    def code(self) -> FieldSource | None:
        """Python that must be trusted before it runs; None where there is none."""
        energy = self.energy
        if energy is None or not energy.is_code:
            return None
        return source_of_text(Path(self.origin or energy.file), energy.text, EnergyError)

    def model(self, functions: Mapping[str, Function]) -> Model:
        """The model, on the host.

        Args:
            functions: Python that is trusted, by the digest of its source.

        Raises:
            UntrustedError: it is Python that is not trusted.
            ValueError: its tables do not fit each other, or the energy is of more coordinates than there are.
        """
        base = uniform_base(self.space)
        if self.energy is not None:
            return EnergyModel(base, self.energy, functions)
        tables = {name: torch.from_numpy(table).float() for name, table in self.tables.items()}
        if "J" in tables:
            return PairModel(base, tables["J"], tables["h"])
        for name, table in tables.items():
            if not bool(table.isfinite().all()):
                raise ValueError(
                    tr("{name} of a restricted Boltzmann machine must be finite numbers", name=name)
                )
        return RestrictedBoltzmannMachine(base, tables["a"], tables["b"], tables["W"])


def read_given(
    energy: str | Path,
    *,
    low: float = -DEFAULT_WALL,
    high: float = DEFAULT_WALL,
    shape: tuple[int, ...] | None = None,
    spins: bool | None = None,
) -> GivenModel:
    """A model as a user gives it, read but not run.

    Args:
        energy: a formula of x, y, z or x1, x2, … (see `physics.formula`); or a file: Python (.py) with a torch
            function `energy(x)`, or tables (.csv, .npy, .h5; see `data.couplings`).
        low: lowest value of every coordinate of an energy, where these are real numbers.
        high: highest value.
        shape: of a configuration; None for as many numbers as the formula names or the table has, two of Python.
        spins: True for spins −1 and +1, False for real coordinates, or for 0/1 units of a machine; None for what is
            usual: coordinates of an energy, spins of couplings, 0/1 of a machine.

    Raises:
        ValueError: the formula or file cannot be read, the walls are not in order, or the shape does not fit.
    """
    path = Path(energy)
    ending = path.suffix.lower() if len(str(energy)) < 4_096 else ""
    if ending in ENDINGS:
        return _of_tables(path, shape, spins)
    if ending == CODE_ENDING:
        code = read_source(path, EnergyError)
        source = EnergySource(code.text, path.name, low, high)
        name, origin, shape = path.stem, str(path.resolve()), shape or (2,)
    elif isinstance(energy, Path):
        raise ValueError(
            tr(
                "{path} is no energy: expected a file that ends in {endings}, or a formula",
                path=path,
                endings=", ".join((CODE_ENDING, *ENDINGS)),
            )
        )
    else:
        source = EnergySource(energy, "", low, high)
        name, origin, shape = "formula", source.name, shape or (source.as_formula.coordinates,)
    space: Space = Spins(shape) if spins else Box(shape, low, high)
    if not source.is_code:
        source.function({}, space.sites)
    return GivenModel(_free(name), space, source, origin=origin)


def _of_tables(path: Path, shape: tuple[int, ...] | None, spins: bool | None) -> GivenModel:
    tables = read_parameters(path)
    table = next(iter(tables.values()))
    sites = len(table)
    shape = shape or (sites,)
    if math.prod(shape) != sites:
        raise ValueError(
            tr(
                "{name} is of {sites} sites, which make no {shape}",
                name=path.name,
                sites=sites,
                shape=sides(shape),
            )
        )
    machine = "W" in tables
    if not machine and spins is False:
        raise ValueError(tr("couplings J are between spins, −1 and +1; a machine's W may be of 0/1 units"))
    space: Space = Levels(shape, 2) if machine and not spins else Spins(shape)
    given = GivenModel(_free(path.stem), space, None, tables, str(path.resolve()))
    # All that does not fit is refused here, before anything else is done.
    given.model({})
    return given


def _free(name: str) -> str:
    """A name that no problem has."""
    return f"{name}-energy" if name in PROBLEMS else name


def trusted_functions(code: FieldSource | None) -> dict[str, Function]:
    """Runs the Python of an energy, which the user trusts; its function by the digest of its source.

    Raises:
        EnergyError: it fails.
    """
    return {} if code is None else {code.digest: run_source(code, EnergyError)}


def given_configuration(given: GivenModel, data: Dataset, seed: int) -> Configuration:
    """Configuration of a session without fitting: the ladder that brings chains to the model."""
    usual = starting_configuration(data)
    if given.energy is not None:
        kind, kernel, units = "energy", usual.kernel, None
    elif "W" in given.tables:
        kind, kernel, units = "rbm", "block-gibbs", given.tables["W"].shape[1]
    else:
        kind, kernel, units = "pairs", "discrete-langevin", None
    return replace(
        usual,
        problem=data.name,
        model=kind,
        fit="given",
        energy=given.energy,
        units=units,
        seed=seed,
        chains=CHAINS,
        replicas=REPLICAS,
        kernel=kernel,
        planned_epochs=1,
        planned_seconds=None,
        schedule=replace(usual.schedule, weighted=False, batch=None),
    )


def reference_data(
    model: Model,
    name: str,
    seed: int = 0,
    report: Callable[[str, float], object] = lambda what, share: None,
) -> Dataset:
    """Samples of a model as a data set.

    Independent ones by a sum over all states, by quadrature, or by the law of a machine's hidden units; where none of
    these can be had, the states of a ladder of replicas at β = 1, some steps apart.

    Args:
        model: on the host.
        name: of the data set.
        seed: of the random numbers.
        report: is told what is done, in words, and its share.

    Raises:
        ValueError: the energy is a number nowhere, or so narrow that its samples cannot be told apart.
    """
    generator = torch.Generator().manual_seed(seed)
    space = model.space
    check_defined(model.target)
    report(tr("Drawing samples of the model"), 0.0)
    x = _exact_samples(model, generator)
    if x is None:
        x = _ladder_samples(model, generator, report)
    items = to_host(space.compact(x)).numpy()
    if isinstance(space, Box):
        try:
            return Dataset.of_points(items.reshape(len(items), -1), name)
        except ValueError as error:
            raise ValueError(
                tr("samples of this energy cannot stand for data: {error}", error=error)
            ) from error
    split = stratified_split(len(items), None, 0.2)
    if isinstance(space, Spins):
        return Dataset(name, Kind.SPINS, items.astype(np.int8), *split)
    return Dataset(name, Kind.LEVELS, items.astype(np.uint8), *split, levels=space.levels)


def _exact_samples(model: Model, generator: torch.Generator) -> Tensor | None:
    """Independent samples, shape (n, *shape); None where there is no sum to draw them by."""
    if isinstance(model, RestrictedBoltzmannMachine) and model.units <= MOST_SUMMED_UNITS:
        return model.exact_samples(SAMPLES, generator)
    target = model.target
    if not target.base_measure.is_summable:
        return None
    exact = ExactModel(target)
    if not exact.is_exact:
        return None
    cumulative = exact.log_weights().exp().cumsum(0)
    uniform = torch.rand(SAMPLES, dtype=torch.float64, generator=generator) * cumulative[-1]
    x = exact.x[torch.searchsorted(cumulative, uniform).clamp_max(len(cumulative) - 1)]
    if not model.space.is_discrete:
        chains = Chains(x, target, make_kernel("mala", target), generator)
        chains.run(SETTLING_STEPS)
        x = chains.x
    return x


def _ladder_samples(
    model: Model, generator: torch.Generator, report: Callable[[str, float], object]
) -> Tensor:
    """States of the replicas at β = 1, shape (n, *shape)."""
    target = model.target
    kernel = make_kernel("discrete-langevin" if model.space.is_discrete else "mala", target)
    ladder = Ladder(COLUMNS, target, kernel, generator, REPLICAS)
    takes = math.ceil(SAMPLES / COLUMNS)
    steps, done = TUNING_STEPS + takes * SPACING, 0

    def count() -> None:
        nonlocal done
        done += 1
        report(tr("Drawing samples of the model"), min(1.0, done / steps))

    ladder.on_step = count
    ladder.tune(TUNING_STEPS)
    ladder.adapt = False
    taken = []
    for _ in range(takes):
        ladder.run(SPACING)
        taken.append(ladder.x.clone())
    return torch.cat(taken)[:SAMPLES]
