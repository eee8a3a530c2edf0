"""List of runs: texts that a row shows, numbers by which rows are put in order, and the search."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from landscape_app.language import tr
from landscape_app.session.vocabulary import (
    cross_entropy,
    setting_name,
    setting_value,
    settings_in,
    titles_of,
    words_of,
)

if TYPE_CHECKING:
    from landscape_app.runs.catalogue import RunSummary


def titles(run: RunSummary) -> tuple[str, str]:
    """Titles of a run's model and of its way of fitting; what the file says where that has no title."""
    try:
        return titles_of(run.configuration)
    except (LookupError, TypeError):
        return str(run.configuration.get("model")), str(run.configuration.get("fit"))


def held_out_value(run: RunSummary) -> float:
    """Held-out nats of a run, infinity where they are not known."""
    from landscape_app.session.measurement import Measurement

    _, nats = Measurement.from_figures(run.figures).verdict
    return math.inf if math.isnan(nats.value) else nats.value


def held_out(run: RunSummary) -> str:
    """Held-out nats of a run with their error or bounds, and the set that they are of."""
    from landscape_app.session.measurement import Measurement

    if not run.figures:
        return tr("not measured")
    found = Measurement.from_figures(run.figures)
    _, nats = found.verdict
    judged = tr("validation") if found.test is None else tr("test")
    is_last = run.is_kept or found.epoch == run.epochs
    when = "" if is_last else tr(", epoch {epoch:,.0f}", epoch=found.epoch)
    return f"{cross_entropy(nats, words_of(run.kind, run.shape))} ({judged}{when})"


def matches(run: RunSummary, words: Sequence[str], *texts: str) -> bool:
    """True if every word is in one of the texts by which a run is searched.

    Args:
        run: of the list.
        words: in lower case.
        texts: in which to search beside those in its file, such as its title and its note.
    """
    names = (str(run.configuration.get(name, "")) for name in ("model", "fit"))
    text = "\n".join((str(run.path), run.data, *titles(run), *names, *texts)).casefold()
    return all(word in text for word in words)


def settings_that_differ(run: RunSummary) -> str:
    """Seed of a run, and its settings that are not usual for its data, model and way of fitting, in words."""
    from dataclasses import replace

    from landscape_app.problems import PROBLEMS, Configuration, fitted_otherwise
    from landscape_app.runs.atomic import UNREADABLE

    try:
        configuration = Configuration.from_dict(run.configuration)
        usual = (
            PROBLEMS[configuration.problem].defaults if configuration.problem in PROBLEMS else Configuration()
        )
        if (usual.model, usual.way_of_fitting) != (configuration.model, configuration.way_of_fitting):
            usual = fitted_otherwise(
                replace(usual, model=configuration.model, fit=configuration.way_of_fitting)
            )
        before, after = (_flat(settings_in(one.as_dict())) for one in (usual, configuration))
    except UNREADABLE:
        return ""
    names = [name for name, value in after.items() if value != before.get(name) and name not in OF_COLUMNS]
    return ", ".join(f"{setting_name(name)} {setting_value(after[name])}" for name in ("seed", *names))


OF_COLUMNS = ("seed", "model", "fit", "planned_epochs", "planned_seconds")
"""Settings that other columns of a list tell."""


def _flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with those of the schedule among them."""
    found = dict(settings)
    return found | dict(found.pop("schedule", {}))


SORTS: dict[str, Callable[[RunSummary], Any]] = {
    "name": lambda run: str(run.path).casefold(),
    "data": lambda run: run.data.casefold(),
    "model": lambda run: titles(run)[0].casefold(),
    "fit": lambda run: titles(run)[1].casefold(),
    "nats": held_out_value,
    "epochs": lambda run: -run.epochs,
    "time": lambda run: -run.seconds,
    "saved": lambda run: -run.saved.timestamp(),
    "size": lambda run: -run.size,
}
"""Values by which runs are put in order, by the name of each."""
