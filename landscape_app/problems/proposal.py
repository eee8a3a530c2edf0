"""Configurations proposed for imported data, from their kind, shape and size."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from landscape_app.data import Dataset, Kind
from landscape_app.language import tr
from landscape_app.learning import FITS
from landscape_app.learning.closed_form import ClosedForm
from landscape_app.learning.schedule import Schedule
from landscape_app.models import MODELS
from landscape_app.models.potts import MOST_FEATURES
from landscape_app.physics.space import Space
from landscape_app.problems.digits import DIGITS
from landscape_app.problems.ising import ISING
from landscape_app.problems.networks import CONVOLUTIONS, NETWORKS, OF_IMAGES, PAIRS, PERCEPTRON
from landscape_app.problems.points import POINTS
from landscape_app.problems.problem import AUTOREGRESSIVE, Configuration

WHOLE_SET = 262_144
"""Numbers in all training items together up to which every update looks at all of them."""

LEAST_BATCH, MOST_BATCH = 256, 4_096
"""Training items that an update looks at where there are more."""

USUAL_SITES = {Kind.LEVELS: 64, Kind.SPINS: 16}
"""Numbers in an item for which the shipped problems' chains were chosen."""

LEAST_CHAINS, FEWEST_CHAINS = 256, 64
"""To which chains become fewer as items become larger, and as the memory of a kernel step asks for."""

AFFORDABLE = 2**23
"""Numbers that a kernel step works on: sites and levels of all chains and replicas."""

WIDE_SIDE = 32
"""Images as wide are seen through strides, larger images through larger ones: an epoch costs about as much."""

ALIGNMENT_CHAINS = 64
"""Chains of a model of aligned sequences, which the pseudo-likelihood does without."""

RESOLVED_SIDE = 16
"""Images as wide are seen by convolutions at full resolution, larger ones are learned by a machine with hidden units:
its chains draw all pixels at once, and so keep up with the training."""

MACHINE_UNITS, MACHINE_EPOCHS = 256, 8_000
MACHINE_RATE, MACHINE_SHARE, MACHINE_ANNEALING = 3e-3, 0.004, 0.5
MACHINE_DECAY, MACHINE_SMOOTHNESS = 5.0, 10.0
"""Of such a machine: hidden units, epochs of training, rate of the parameters, share of their effective sample size
that chains keep in an update, share of the training after which the rate falls, decay and smoothness of the weights.

Block Gibbs sampling draws all sites anew, so that chains follow updates which leave their importance weights worth no
more than one of 256. To keep a twentieth, as slower chains need it, 28 × 28 digits took five times as long.

Neighbouring pixels say nearly the same, so that few images tell their weights apart. After 120 s of the processor
validation images of binary digits cost 87.8 nats with decay and smoothness, and training images were 11.8 nats
likelier; 88.3 and 19.5 nats with a decay of 8 alone; 89.8 and 12.8 nats with a decay of 20 alone."""

SLOW_RATE = 2.5e-4
"""Rate for observables of large images, which a person may choose instead."""

PLAIN_CHAINS = 512
"""Chains at most that carry no weights, where weighted ones were proposed."""

FEW_FEATURES, MANY_ROWS = 32, 1_000
"""Of a table with no more values in all columns and no more rows, pairs of values make the observables; more rows can
tell more than pairs."""


@dataclass(frozen=True)
class Proposal:
    """Default configuration of a data set.

    Attributes:
        configuration: all of it: what a run begins with.
        kind: of the items.
        shape: of an item.
        levels: values of a site; 0 of real coordinates.
        items: number of training items.
    """

    configuration: Configuration
    kind: Kind
    shape: tuple[int, ...]
    levels: int
    items: int

    @classmethod
    def of(cls, configuration: Configuration, dataset: Dataset) -> Proposal:
        """A configuration as what is proposed for a data set."""
        shape = tuple(dataset.items.shape[1:])
        return cls(configuration, dataset.kind, shape, dataset.levels, len(dataset.training))

    @property
    def observables(self) -> str:
        """The observables in words, such as "16 by convolutions (16, 64 channels)"."""
        plan = self.configuration
        count = f"{plan.members} × {plan.observables}" if plan.members > 1 else str(plan.observables)
        return f"{count} {NETWORKS[self.network].words(plan.sizes)}"

    @property
    def model(self) -> str:
        """The model and what it is fitted by, in words, such as "Coupled spins; Maximum likelihood"."""
        plan = self.configuration
        title, fit = MODELS[plan.model].title, FITS[plan.way_of_fitting].title
        hidden = tr(", {count} hidden units", count=plan.hidden_units) if plan.hidden_units else ""
        return f"{title}{hidden}; {fit}"

    @property
    def network(self) -> str:
        """Network of the observables: a name in `NETWORKS`."""
        images = self.kind is Kind.LEVELS and len(self.shape) > 1
        return self.configuration.network or (CONVOLUTIONS if images else PERCEPTRON)

    @property
    def kernel(self) -> str:
        """Name of the Markov kernel in `KERNELS`."""
        return self.configuration.kernel

    @property
    def chains(self) -> int:
        """Chains that train, at β = 1."""
        return self.configuration.chains

    @property
    def batch(self) -> int | None:
        """Training items that an update looks at; None for all of them."""
        return self.configuration.schedule.batch

    def chosen(self, **choices: object) -> Proposal:
        """The proposal with a person's choices, by the names of `Configuration` and `Schedule`; None chooses nothing.

        Raises:
            ValueError: a choice is out of its range.
            TypeError: there is no choice of that name.
        """
        wanted = {name: value for name, value in choices.items() if value is not None}
        of_schedule = {field.name for field in fields(Schedule)}
        configuration = self.configuration
        kind = {name: wanted.pop(name) for name in ("model", "fit") if name in wanted}
        if kind:
            configuration = fitted_otherwise(replace(configuration, **kind))  # type: ignore[arg-type]
        schedule = replace(
            configuration.schedule,
            **{name: value for name, value in wanted.items() if name in of_schedule},  # type: ignore[arg-type]
        )
        rest = {name: value for name, value in wanted.items() if name not in of_schedule}
        network = str(rest.get("network", self.network))
        if network != self.network and network in OF_IMAGES:
            rest.setdefault("channels", OF_IMAGES[network])
        if "theta_path" not in wanted and ("theta_rate" in wanted or network not in OF_IMAGES):
            # It was measured for convolutions, and a rate that a person chooses is the one to be taken.
            schedule = replace(schedule, theta_path=None)
        if rest.get("base", configuration.base) != configuration.base:
            rest.setdefault("kernel", kernel_over(str(rest["base"]), configuration.kernel))
        return replace(self, configuration=replace(configuration, schedule=schedule, **rest))  # type: ignore[arg-type]


def configured(usual: Configuration, settings: Mapping[str, Any]) -> Configuration:
    """A configuration with some settings changed, by their names; those of its schedule in one of their own.

    Raises:
        ValueError: there is no such setting, or a value is of the wrong type or outside its range.
    """
    values = usual.as_dict()
    unknown = [name for name in settings if name not in values]
    if unknown:
        raise ValueError(f"no setting is called {unknown[0]!r}; there are {', '.join(values)}")
    changes = dict(settings)
    if "schedule" in changes:
        # A rate that is chosen is the one to be taken, not the most that the path of θ allows.
        path = {"theta_path": None} if "theta_rate" in changes["schedule"] else {}
        changes["schedule"] = values["schedule"] | path | dict(changes["schedule"])
    if "base" in changes:
        changes = {"kernel": kernel_over(changes["base"], values["kernel"])} | changes
    return Configuration.from_dict(values | changes)


def changed_settings(usual: Configuration, configuration: Configuration) -> dict[str, Any]:
    """Settings with which `configured` makes one configuration of another, as JSON values."""
    before, after = usual.as_dict(), configuration.as_dict()
    changes = {name: value for name, value in after.items() if value != before[name]}
    if "schedule" in changes:
        schedule = {
            name: value for name, value in after["schedule"].items() if value != before["schedule"][name]
        }
        if "theta_rate" in schedule:
            schedule["theta_path"] = after["schedule"]["theta_path"]
        changes["schedule"] = schedule
    return json.loads(json.dumps(changes))


def kernel_over(base: str, usual: str) -> str:
    """Name of the kernel that goes with a base measure of `BASES`: over a learned one, proposals are its samples."""
    if base == AUTOREGRESSIVE:
        return "independent"
    return Configuration.kernel if usual == "independent" else usual


def ways_on(space: Space) -> dict[str, tuple[str, ...]]:
    """Names of the ways of fitting that each kind of model on a space can be fitted by, the model's own first.

    A model that is given is none of them, as it is no choice for data.
    """
    found = {}
    for name, model in MODELS.items():
        if model.suits(space) and not model.is_given:
            fits = [fit for fit, kind in FITS.items() if not (kind.fits_given or kind.obstacle(model, space))]
            found[name] = tuple(sorted(fits, key=lambda fit: fit != model.default_fit))
    return found


def model_obstacle(name: str, space: Space) -> str:
    """Reason why a kind of model cannot be of a space; empty where it can.

    Args:
        name: of the model in `MODELS`.
        space: of the data.
    """
    model = MODELS[name]
    if model.is_given:
        return tr("it is given, not learned from data: File ▸ Energy of your own")
    if model.suits(space):
        return ""
    return tr(
        "it is of {spaces}; these are {space}",
        spaces=model.served or tr(" or ").join(one.label for one in model.serves),
        space=space.meaning,
    )


def unused_settings(plan: Configuration, space: Space) -> dict[str, str]:
    """Settings, by their names in `Configuration`, that a run has no use for or refuses, each with the reason.

    Args:
        plan: of the run.
        space: of the data.
    """
    model, way = MODELS[plan.model], FITS[plan.way_of_fitting]
    title, found = model.title, dict[str, str]()
    learned = plan.model == "observables"
    if not model.most_units:
        found["units"] = (
            tr("{title} have no hidden units", title=title)
            if learned
            else tr("“{title}” has no hidden units", title=title)
        )
    elif issubclass(way, ClosedForm):
        found["units"] = tr("{title} sets couplings between visible spins", title=way.title)
    if not learned:
        found["observables"] = found["members"] = found["base"] = tr(
            "only learned observables have it, not “{title}”", title=title
        )
    elif plan.network_on(space) not in OF_IMAGES:
        found["members"] = tr("members are networks of convolutions, which see images")
    elif plan.is_base_learned:
        found["members"] = tr("over an autoregressive base measure one network trains")
    elif plan.way_of_fitting != "min-maxent":
        found["members"] = tr("members learn apart by {title}", title=FITS["min-maxent"].title)
    grey = space.is_image and not space.is_coloured
    if learned and not (grey and _has_even_sides(space.shape)):
        found["base"] = tr("only grey images of even sides have a choice")
    elif learned and plan.way_of_fitting != "min-maxent":
        found["base"] = tr("one that is learned goes with {title}", title=FITS["min-maxent"].title)
    elif learned and (plan.members > 1 or plan.replicas > 1):
        found["base"] = tr("one that is learned goes with a single network without replicas")
    if issubclass(way, ClosedForm):
        found["planned_epochs"] = tr("it is done in one step")
    return found


def fitted_otherwise(plan: Configuration) -> Configuration:
    """A plan for another model or way of fitting than was proposed, with what goes with these.

    Machines with hidden units move by block Gibbs; ways of fitting without chains, or with plain ones, get few of
    them; rules in one step are done after one epoch, and other ways of fitting plan more than that.
    """
    fit = FITS[plan.way_of_fitting]
    if plan.model != "energy":
        plan = replace(plan, energy=None)
    own_kernel = MODELS[plan.model].own_kernel
    if own_kernel is not None:
        plan = replace(plan, kernel=own_kernel)
    elif plan.kernel in {model.own_kernel for model in MODELS.values()}:
        # It was chosen for a machine; this one serves all spaces that machines are of.
        plan = replace(plan, kernel=Configuration.kernel)
    if plan.planned_for not in (None, plan.model):
        plan = _planned_for_any(plan)
    if not fit.may_climb:
        plan = replace(plan, replicas=1)
    if not fit.may_weigh:
        plan = replace(plan, chains=min(plan.chains, PLAIN_CHAINS))
    if issubclass(fit, ClosedForm) or fit.fits_given:
        plan = replace(plan, planned_epochs=1, planned_seconds=None)
    elif plan.planned_epochs == 1:
        # It was planned for a rule in one step.
        plan = replace(plan, planned_epochs=Configuration.planned_epochs)
    return plan


def _planned_for_any(plan: Configuration) -> Configuration:
    """A plan that was made for a machine, with epochs and schedule for observables of large images."""
    usual = DIGITS.defaults
    schedule = replace(
        plan.schedule,
        theta_rate=SLOW_RATE,
        weighted=usual.schedule.weighted,
        least_share=usual.schedule.least_share,
        weight_decay=usual.schedule.weight_decay,
        weight_smoothness=usual.schedule.weight_smoothness,
        anneal_from=usual.schedule.anneal_from,
    )
    return replace(plan, planned_epochs=usual.planned_epochs, schedule=schedule, planned_for=None)


def proposal_for(dataset: Dataset) -> Proposal:
    """Configuration by which an epoch costs about the same whatever the size of the data set.

    Larger items get fewer chains, larger images longer strides; of many items an update looks at some.
    """
    shape, sites, items = dataset.items.shape[1:], dataset.items[0].size, len(dataset.training)
    if dataset.kind in (Kind.POINTS, Kind.MIXED):
        configuration = _for_numbers(dataset)
    elif len(shape) == 1:
        configuration = _for_table(dataset)
        if dataset.is_alignment and sites * dataset.levels <= MOST_FEATURES:
            chains = min(configuration.chains, ALIGNMENT_CHAINS)
            plan = replace(configuration, model="potts", fit="pseudo-likelihood", network=None, chains=chains)
            configuration = fitted_otherwise(plan)
    elif dataset.kind is Kind.SPINS:
        configuration = _with_fewer_chains(ISING.defaults, dataset)
    else:
        configuration = _for_images(dataset)
    if items * sites > WHOLE_SET:
        batch = min(items, MOST_BATCH, max(LEAST_BATCH, WHOLE_SET // sites))
        configuration = replace(
            configuration, schedule=replace(configuration.schedule, batch=batch if batch < items else None)
        )
    configuration = replace(configuration, problem=dataset.name)
    return Proposal.of(configuration, dataset)


def starting_configuration(dataset: Dataset) -> Configuration:
    """The configuration to start from on a data set that is in no list: that of its proposal."""
    return proposal_for(dataset).configuration


def _for_numbers(dataset: Dataset) -> Configuration:
    """The plane's way, over a mixture; categories beside the numbers have a kernel that moves both."""
    kernel = "mixed" if dataset.kind is Kind.MIXED else POINTS.defaults.kernel
    return replace(POINTS.defaults, kernel=kernel, widening=1.0, components=None)


def _has_even_sides(shape: Sequence[int]) -> bool:
    """True of images, shape (height, width, …), that convolutions can halve."""
    return not any(side % 2 for side in shape[:2])


def _for_images(dataset: Dataset) -> Configuration:
    """The digits' way for small images; a machine for larger ones."""
    shape = dataset.items.shape[1:]
    plan = _with_slower_steps(_with_fewer_chains(DIGITS.defaults, dataset), dataset)
    if not _has_even_sides(shape):
        plan = replace(plan, network=PERCEPTRON, schedule=replace(plan.schedule, theta_path=None))
    elif max(shape[:2]) > RESOLVED_SIDE:
        plan = replace(plan, network=CONVOLUTIONS, channels=OF_IMAGES[CONVOLUTIONS], stride=stride_for(shape))
    return _as_machine(plan) if max(shape[:2]) > RESOLVED_SIDE else plan


def _as_machine(plan: Configuration) -> Configuration:
    """The plan for a restricted Boltzmann machine: persistent chains by block Gibbs sampling."""
    machine = replace(
        plan,
        model="rbm",
        units=MACHINE_UNITS,
        chains=min(plan.chains, LEAST_CHAINS),
        planned_epochs=MACHINE_EPOCHS,
        planned_for="rbm",
    )
    schedule = replace(
        plan.schedule,
        weighted=False,
        theta_rate=MACHINE_RATE,
        theta_path=None,
        least_share=MACHINE_SHARE,
        weight_decay=MACHINE_DECAY,
        weight_smoothness=MACHINE_SMOOTHNESS,
        anneal_from=MACHINE_ANNEALING,
    )
    return fitted_otherwise(replace(machine, schedule=schedule))


def _with_slower_steps(plan: Configuration, dataset: Dataset) -> Configuration:
    """The plan, with rates that chains on larger images can follow.

    A step of θ changes the energy by an amount that grows with the number of pixels, and a sweep carries a chain over
    a smaller part of the way. With the digits' rates 16 × 16 images lose their constraints for good (χ² of 70 after
    some hundred epochs); so the rate falls as the number of pixels grows, steps carry on less, chains move twice.
    """
    sites = dataset.items[0].size
    usual = USUAL_SITES[Kind.LEVELS]
    if sites <= usual:
        return plan
    schedule, share = plan.schedule, usual / sites
    path = None if schedule.theta_path is None else share * schedule.theta_path
    schedule = replace(
        schedule, theta_rate=share * schedule.theta_rate, theta_path=path, momentum=0.5, moves=2
    )
    return replace(plan, schedule=schedule)


def stride_for(shape: tuple[int, ...]) -> int:
    """The stride of the first convolution on images of shape (height, width, …) that keeps its cost bounded.

    Halves and quarters of the sides must be whole and even, as means over 2 × 2 follow.
    """
    wanted = max(1, 2 ** round(math.log2(max(shape[:2]) / (WIDE_SIDE // 2))))
    fitting = [stride for stride in (4, 2, 1) if all(side % (2 * stride) == 0 for side in shape[:2])]
    return next(stride for stride in fitting if stride <= wanted)


def _for_table(dataset: Dataset) -> Configuration:
    """Spins or categories in columns: all pairs of them where they are few, else a perceptron."""
    sites = dataset.items[0].size
    features = sites * max(1, dataset.levels - 1)
    pairs = features <= FEW_FEATURES and dataset.training_worth <= MANY_ROWS
    schedule = replace(ISING.defaults.schedule, moves=1 if dataset.kind is Kind.SPINS else min(sites, 8))
    return replace(
        _with_fewer_chains(ISING.defaults, dataset),
        network=PAIRS if pairs else PERCEPTRON,
        observables=min(features, 16) if pairs else ISING.defaults.observables,
        kernel="discrete-langevin" if dataset.kind is Kind.SPINS else "single-site",
        schedule=schedule,
    )


def _with_fewer_chains(defaults: Configuration, dataset: Dataset) -> Configuration:
    """The defaults with as many chains fewer as items are larger, and as levels leave room for."""
    sites, levels = dataset.items[0].size, max(2, dataset.levels)
    chains = round(defaults.chains * min(1.0, USUAL_SITES[dataset.kind] / sites))
    affordable = AFFORDABLE // (sites * levels * defaults.replicas)
    chains = min(max(chains, LEAST_CHAINS), max(affordable, FEWEST_CHAINS), defaults.chains)
    return replace(defaults, chains=chains)
