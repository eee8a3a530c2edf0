"""Words of runs, for the command line and the window: items, settings, ways of fitting, figures with units."""

from __future__ import annotations

import difflib
import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from landscape_app.counting import regular_plural
from landscape_app.language import plural_form, tr

if TYPE_CHECKING:
    from landscape_app.physics.estimate import Estimate
    from landscape_app.runs import History
    from landscape_app.session.measurement import Measurement


Rows = list[tuple[str, str]]
"""Names and values, in their order; an empty name where one goes on."""


class Words(NamedTuple):
    """Names of items of a kind.

    Attributes:
        an_item: one of them, with its article.
        nats: unit of a cross-entropy of them.
        site: one of the numbers it consists of, in English.
        unit: of a kernel's step; empty where it is that of the data.
    """

    an_item: str
    nats: str
    site: str
    unit: str

    def sites_of(self, shape: tuple[int, ...]) -> str:
        """The word for as many sites as an item of that shape has; a third axis is that of colours."""
        count = math.prod(shape)
        sites = plural_form(self.site, regular_plural(self.site), count)
        return tr("{pixels} and colours", pixels=sites) if len(shape) == 3 and count > 1 else sites


ROWS = Words("a row", tr("nats a row"), site="column", unit="")
"""Of a table of spins or categories, or of numbers beside categories."""

WORDS = {
    "levels": Words("an image", tr("nats an image"), site="pixel", unit=tr("levels")),
    "spins": Words("a lattice", tr("nats a lattice"), site="spin", unit=""),
    "points": Words("a point", tr("nats a point"), site="coordinate", unit=""),
    "mixed": ROWS,
}
"""By the kind of the items (`data.Kind`), which is not imported here: a command's help starts without NumPy."""


DENSITIES = ("points", "mixed")
"""Kinds of items whose probabilities are densities."""

WATCHED = (
    ("base_nats", tr("validation, base measure alone"), tr("nats an item")),
    ("entropy_gradient", "‖∂S/∂θ‖", tr("nats per unit of θ")),
    ("chi_squared", "χ²", ""),
    ("objective", tr("objective"), ""),
    ("gradient", tr("gradient"), tr("of the objective")),
)
"""Metrics by which ways of fitting are watched, those that they have: name, title and unit."""


MODEL_TITLES = {
    "observables": (tr("Learned observables"), "min-maxent"),
    "pairs": (tr("Coupled spins"), "likelihood"),
    "potts": (tr("Coupled categories"), "pseudo-likelihood"),
    "rbm": (tr("Restricted Boltzmann machine"), "persistent"),
    "energy": (tr("Energy of your own"), "given"),
}
"""Title and usual way of fitting of the application's models: those of their classes, which load torch."""

FIT_TITLES = {
    "min-maxent": "Min-MaxEnt",
    "likelihood": tr("Maximum likelihood"),
    "persistent": tr("Persistent chains"),
    "contrastive-divergence": tr("Contrastive divergence"),
    "langevin": tr("Unadjusted Langevin"),
    "exact": tr("Exact likelihood"),
    "pseudo-likelihood": tr("Pseudo-likelihood"),
    "score-matching": tr("Score matching"),
    "mean-field": tr("Mean field"),
    "hebb": tr("Hebb's rule"),
    "projection": tr("Projection rule"),
    "given": tr("No fitting"),
}
"""Title of every way of fitting by its name."""


def title_and_fit(model: str) -> tuple[str, str]:
    """Title and usual way of fitting of a model by its name; a class that is not in the table says so itself.

    Raises:
        LookupError: there is no such model.
    """
    if model in MODEL_TITLES:
        return MODEL_TITLES[model]
    from landscape_app.models import MODELS

    return MODELS[model].title, MODELS[model].default_fit


def fit_title(fit: str) -> str:
    """Title of a way of fitting by its name; a class that is not in the table says so itself.

    Raises:
        LookupError: there is no such way.
    """
    if fit in FIT_TITLES:
        return FIT_TITLES[fit]
    from landscape_app.learning import FITS

    return FITS[fit].title


def model_and_fit(configuration: Mapping[str, Any]) -> tuple[str, str]:
    """Names of a run's model and of its way of fitting.

    Raises:
        LookupError: the file names no model.
    """
    model = configuration.get("model", "observables")
    return model, configuration.get("fit") or title_and_fit(model)[1]


def titles_of(configuration: Mapping[str, Any]) -> tuple[str, str]:
    """Titles of a run's model and of its way of fitting.

    Raises:
        LookupError: there is no such model or way.
    """
    model, fit = model_and_fit(configuration)
    return title_and_fit(model)[0], fit_title(fit)


def reason(estimate: Estimate) -> str:
    """Why there are bounds instead of an error, as the end of a sentence; empty where there is an error."""
    if not estimate.is_bracket:
        return ""
    if math.isinf(estimate.high):
        return tr("; its estimate breaks a bound that holds for every distribution")
    if math.isinf(estimate.low):
        return tr("; the ladder's ends are disconnected")
    return tr("; chains from the base measure and from data have not met")


def measurement_of(arrays: Mapping[str, Any]) -> Measurement | None:
    """The measurement of the model that was kept, else the last one; None before the first."""
    from landscape_app.runs.catalogue import latest_figures
    from landscape_app.session.measurement import Measurement

    figures, _ = latest_figures(arrays)
    return Measurement.from_figures(figures) if figures else None


def kept_measurement(arrays: Mapping[str, Any], group: str = "kept") -> Measurement | None:
    """A measurement by the arrays in a run's file; None where there is none.

    Args:
        arrays: by their paths.
        group: `kept` of the model that the run has kept, `kept_base` of its learned base measure alone.
    """
    from landscape_app.runs.catalogue import figures_in
    from landscape_app.session.measurement import Measurement

    found = figures_in(arrays, f"{group}/")
    return Measurement.from_figures(found) if found else None


def latest_nats(measured: History) -> str | None:
    """Validation nats at the last measurement, such as "5.31 nats"; None before the first."""
    from landscape_app.session.measurement import Measurement

    return f"{Measurement.from_figures(measured.last).validation:.2f} nats" if len(measured) else None


def choices(name: str, known: Iterable[str]) -> str:
    """End of a sentence: the names that an unknown one may have meant, and all that are known."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1)
    meant = f"did you mean {near[0]!r}? " if near else ""
    return f"{meant}choose from {', '.join(known)}"


def has_densities(arrays: Mapping[str, Any]) -> bool:
    """True of a run on real numbers, by the arrays in its file."""
    from landscape_app.runs.catalogue import kind_in

    return kind_in(arrays) in DENSITIES


def words_of_run(arrays: Mapping[str, Any]) -> Words:
    """The words for a run by the arrays in its file; those that ship, and are not in it, are images."""
    from landscape_app.runs.catalogue import kind_in

    kind = kind_in(arrays)
    return words_of(kind, () if kind is None else arrays[f"data/{kind}"].shape[1:])


def words_of(kind: str | None, shape: tuple[int, ...]) -> Words:
    """The words for items of a kind and shape; of no kind, as a run does not carry what ships, for images."""
    if kind is None:
        return WORDS["levels"]
    return ROWS if kind != "points" and len(shape) == 1 else WORDS[kind]


def cross_entropy(nats: Estimate, words: Words) -> str:
    """A cross-entropy with its error or bounds, such as "5.31 ± 0.02 nats an image"."""
    return f"{nats:.2f} {words.nats}"


def duration(seconds: float) -> str:
    """A time in seconds, of those that say something."""
    return (
        f"{seconds:.0f} s" if seconds >= 5400 else f"{seconds:.1f} s" if seconds >= 1 else f"{seconds:.2g} s"
    )


def settings_in(values: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a configuration that say something: not what the plan does not use, nor what other rows tell."""
    unused = "planned_epochs" if values.get("planned_seconds") else "planned_seconds"
    hidden = {"experiment", "problem", "energy", "planned_for", unused}
    return {name: value for name, value in values.items() if name not in hidden}


def setting_value(value: object) -> str:
    """Value of a setting."""
    if isinstance(value, list | tuple):
        return ", ".join(str(part) for part in value)
    if isinstance(value, bool):
        return tr("yes") if value else tr("no")
    return tr("default") if value is None else str(value)


RATE_IN_EFFECT = "theta_rate_in_effect"
"""Entry of a run's provenance: the learning rate of θ before it falls, of which `theta_rate` is the limit."""

SETTING_NAMES = {
    "problem": tr("problem"),
    "seed": tr("seed"),
    "training_size": tr("training size"),
    "chains": tr("chains"),
    "replicas": tr("replicas"),
    "balance": tr("balance"),
    "observables": tr("observables"),
    "model": tr("model"),
    "fit": tr("fit"),
    "units": tr("units"),
    "energy": tr("energy"),
    "network": tr("network"),
    "channels": tr("channels"),
    "stride": tr("stride"),
    "members": tr("members"),
    "hidden": tr("hidden"),
    "base": tr("base"),
    "pseudo_count": tr("pseudo count"),
    "smoothing": tr("smoothing"),
    "widening": tr("widening"),
    "components": tr("components"),
    "kernel": tr("kernel"),
    "planned_epochs": tr("planned epochs"),
    "planned_seconds": tr("planned seconds"),
    "moves": tr("moves"),
    "updates": tr("updates"),
    "batch": tr("batch"),
    "theta_rate": tr("theta rate, limit"),
    RATE_IN_EFFECT: tr("theta rate, in effect"),
    "theta_path": tr("theta path"),
    "momentum": tr("momentum"),
    "multiplier_update": tr("multiplier update"),
    "multiplier_rate": tr("multiplier rate"),
    "weighted": tr("weighted"),
    "least_share": tr("least share"),
    "resample_share": tr("resample share"),
    "weight_decay": tr("weight decay"),
    "weight_smoothness": tr("weight smoothness"),
    "anneal_from": tr("anneal from"),
    "program": tr("program"),
    "device": tr("device"),
    "ranks": tr("ranks"),
    "date": tr("date"),
    "run": plural_form("run", "runs", 1),
    "parent_run": tr("parent run"),
    "branch_of_epoch": tr("branch of epoch"),
    "random_numbers": tr("random numbers"),
    "data": tr("data"),
    "data_sha256": tr("data, SHA-256"),
}
"""Names of settings and of entries of a run's provenance, in words."""


def setting_name(name: str) -> str:
    """Name of a setting, or of an entry of a run's provenance, in words."""
    return SETTING_NAMES.get(name) or name.replace("_sha256", ", SHA-256").replace("_", " ")


def given_energy(own: Mapping[str, Any]) -> str:
    """The user's own energy: its formula, or the name of its file with the digest by which it is trusted."""
    walls = tr("coordinates from {low:g} to {high:g}", low=own["low"], high=own["high"])
    if own["file"]:
        digest = hashlib.sha256(own["text"].encode()).hexdigest()
        return f"Python, {own['file']}, SHA-256 {digest[:16]}…; {walls}"
    return f"{own['text']}; {walls}"


def listed(names: Sequence[str], most: int = 12) -> str:
    """Number of classes and names of the first, such as "2: even, odd"."""
    told = ", ".join(names[:most])
    if len(names) > most:
        told = tr("{names} and {count} more", names=told, count=len(names) - most)
    return f"{len(names)}: {told}"


def printable(text: str) -> str:
    """The text without control characters, by which a stranger's file could steer a terminal or a window."""
    return "".join(c if c.isprintable() else "�" for c in text)
