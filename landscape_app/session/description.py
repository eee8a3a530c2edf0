"""Description of a run in rows of name and value: identity, making, settings and final figures."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from landscape_app.counting import byte_size
from landscape_app.language import tr
from landscape_app.physics.estimate import shown
from landscape_app.session.vocabulary import (
    FIT_TITLES,
    RATE_IN_EFFECT,
    WATCHED,
    WORDS,
    Rows,
    cross_entropy,
    duration,
    given_energy,
    has_densities,
    kept_measurement,
    listed,
    measurement_of,
    reason,
    setting_name,
    setting_value,
    settings_in,
    titles_of,
    words_of_run,
)

if TYPE_CHECKING:
    import numpy as np

    from landscape_app.physics.estimate import Estimate
    from landscape_app.runs import RunState
    from landscape_app.session.measurement import Measurement


def sections_of(state: RunState, name: str, size: int | None = None) -> dict[str, Rows]:
    """Rows of name and value of a run, under headings.

    Args:
        state: of the run.
        name: of its file, or by which it is to be called; the first heading.
        size: of its file, bytes; None where it has none, or one that does not hold this state.

    Raises:
        LookupError, TypeError or ValueError: the run is not whole.
    """
    if state.holds_data_alone:
        return {name: _data_identity(state, name, size), tr("How it was made"): _making(state)}
    return {
        name: _identity(state, size),
        tr("How it was made"): _making(state),
        tr("Final figures"): final_figures(state),
        tr("Equilibrium"): _equilibrium(state),
    }


def final_figures(state: RunState) -> Rows:
    """Figures of a run so far, by name and value with unit.

    Raises:
        LookupError, TypeError or ValueError: the run is not whole.
    """
    metrics, arrays = state.metrics, state.arrays
    words = words_of_run(arrays)
    trained, found = int(arrays["trainer/epoch"]), measurement_of(arrays)
    earlier = found is not None and "kept/epoch" in arrays and found.epoch != trained
    of_training = tr(", last epoch") if earlier else ""
    epochs = f"{trained:,}"
    if found and earlier:
        epochs = tr("{epochs}; the model is the best, of epoch {best:,.0f}", epochs=epochs, best=found.epoch)
    rows = [
        (tr("epochs"), epochs),
        (tr("training time"), _measured_time(float(arrays["trainer/seconds"]))),
    ]
    if len(metrics.get("epoch", ())):
        # NaN for what was not measured yet when the run was made.
        last: defaultdict[str, float] = defaultdict(lambda: math.nan)
        last |= {name: float(column[-1]) for name, column in metrics.items() if column.ndim == 1}
        gap = last["energy_held_out"] - last["energy_training"]
        model = last["energy_model"] - last["energy_training"]
        rows += [
            *(
                (f"{name}{of_training}", f"{shown(last[metric], '.4g')} {unit}".rstrip())
                for metric, name, unit in WATCHED
                if metric in metrics
            ),
            (
                tr("validation − training energy") + of_training,
                tr("{energy} nats (grows when a model memorises)", energy=shown(gap, "+.3f")),
            ),
            (
                tr("model − training energy") + of_training,
                tr("{energy} nats", energy=shown(model, "+.3f")),
            ),
            (
                tr("acceptance") + of_training,
                tr(
                    "{rate} at step size {size}",
                    rate=shown(last["acceptance_rate"], ".1%"),
                    size=f"{shown(last['step_size'], '.3g')} {words.unit}".rstrip(),
                ),
            ),
        ]
    rows += _measured(arrays, found, trained) if found else []
    if "classifier/accuracy" in arrays:
        share = float(arrays["classifier/accuracy"])
        rows.append((tr("classifier"), tr("{share:.1%} of unseen images right", share=share)))
    elif words is WORDS["levels"]:
        rows.append((tr("classifier"), tr("not trained")))
    weights = arrays["samples/log_weights"]
    count, effective = len(weights), _effective(weights)
    worth = (
        tr("{count:,}, of equal weight; copies among them are not counted", count=count)
        if math.isclose(effective, count)
        else tr(
            "{count:,}, worth {worth:,.0f} by their weights alone; copies among them are not counted",
            count=count,
            worth=effective,
        )
    )
    rows.append((tr("weighted samples"), worth))
    return rows


def _equilibrium(state: RunState) -> Rows:
    """Rows of the verdict of the last convergence test of this state of the model."""
    from landscape_app.session.verdict import verdict_in

    verdict = verdict_in(state.arrays)
    if verdict is None:
        return [
            (
                tr("tested"),
                tr("no verdict on this state of the model is in the file: landscape diagnose tests it"),
            )
        ]
    return verdict.rows()


def _measured_time(seconds: float) -> str:
    """A time in seconds, and in minutes or hours where it is long."""
    if seconds >= 5400:
        return f"{duration(seconds)} ({int(seconds // 3600)} h {seconds % 3600 / 60:.0f} min)"
    return duration(seconds) + (f" ({int(seconds // 60)} min {seconds % 60:.0f} s)" if seconds >= 90 else "")


def _measured(arrays: Mapping[str, np.ndarray], found: Measurement, trained: int) -> Rows:
    """Rows of a measurement, with its epoch where training has gone on since."""
    from landscape_app.data.columns import ColumnMeaning, unit_in_words
    from landscape_app.runs.dataset_names import columns_in

    since = "kept/epoch" not in arrays and found.epoch != trained
    when = tr(", of epoch {epoch:,.0f}", epoch=found.epoch) if since else ""
    exact, of_entropy = (f", {found.method}" if z.is_exact else "" for z in (found.log_z, found.s))
    decimals = 4 if found.is_exact else 2
    is_density = has_densities(arrays)
    entropy = tr("differential entropy") if is_density else tr("entropy")
    columns = [ColumnMeaning(**asdict(column)) for column in columns_in(arrays)]
    unit = (
        tr("; densities {unit}; below zero where narrower", unit=unit_in_words(columns)) if is_density else ""
    )
    rows = [
        (
            tr("test cross-entropy") + when,
            tr("no test set: too few items are held out; landscape train DATA --folds K tests on every item")
            if found.test is None
            else _nats(arrays, found.test) + reason(found.test),
        ),
        (
            tr("validation cross-entropy") + when,
            tr("{nats}; it chose the epoch", nats=_nats(arrays, found.validation)),
        ),
        (tr("training cross-entropy") + when, _nats(arrays, found.training)),
        (
            f"{entropy}{of_entropy}{when}",
            tr("{number} nats", number=f"{found.s:.{decimals}f}") + reason(found.s) + unit,
        ),
        *_of_base(arrays),
        (
            f"log Z{exact}{when}",
            tr("{number} nats", number=f"{found.log_z:.{decimals}f}") + reason(found.log_z),
        ),
        *_on_fresh_chains(arrays, found),
    ]
    if since:
        # While training the test set is not looked at.
        del rows[0]
    return rows


def _on_fresh_chains(arrays: Mapping[str, np.ndarray], found: Measurement) -> Rows:
    """Rows on the constraints of the model that is kept, and on what its figures do not stand for."""
    from landscape_app.session.adequacy import ADEQUACY, Adequacy

    numbers = {
        name.removeprefix(f"{ADEQUACY}/"): array
        for name, array in arrays.items()
        if name.startswith(f"{ADEQUACY}/")
    }
    if not numbers or "kept/epoch" not in arrays:
        return []
    adequacy = Adequacy.from_state(numbers)
    chi_squared, noise, limit = (
        shown(number, ".2g") for number in (adequacy.chi_squared, adequacy.noise, adequacy.limit)
    )
    rows: Rows = []
    if len(adequacy.residuals):
        text = tr(
            "{chi_squared}; noise explains {noise} on average, at most {limit}",
            chi_squared=chi_squared,
            noise=noise,
            limit=limit,
        )
        rows.append((tr("χ² on fresh chains"), text))
    return [*rows, *((tr("caution"), sentence) for sentence in adequacy.cautions(found))]


def _of_base(arrays: Mapping[str, np.ndarray]) -> Rows:
    """Rows of a learned base measure alone, by the same items; none of any other."""
    alone = kept_measurement(arrays, "kept_base")
    if alone is None:
        return []
    rows = [
        (tr("  validation, base measure alone"), _nats(arrays, alone.validation)),
        (tr("  training, base measure alone"), _nats(arrays, alone.training)),
    ]
    rows[0] = (rows[0][0], tr("{nats}; it ended the learning of the base", nats=rows[0][1]))
    if alone.test is None:
        return rows
    return [(tr("  test, base measure alone"), _nats(arrays, alone.test)), *rows]


def _nats(arrays: Mapping[str, np.ndarray], nats: Estimate) -> str:
    """A cross-entropy in nats an item, and in bits a site; densities have no bits."""
    words = words_of_run(arrays)
    text = cross_entropy(nats, words)
    if has_densities(arrays) or nats.is_bracket:
        return text
    bits = nats.value / math.log(2) / arrays["samples/x"][0].size
    return tr("{nats}, {bits:.3f} bits a {site}", nats=text, bits=bits, site=words.sites_of(()))


def _model_and_fit(configuration: Mapping[str, Any]) -> str:
    """Titles of a run's model and of its way of fitting, before what it is of."""
    model, fit = titles_of(configuration)
    if fit == FIT_TITLES["given"]:
        return tr("{model}, given, nothing fitted,", model=model)
    return tr("{model}, by {fit},", model=model, fit=fit)


def _identity(state: RunState, size: int | None) -> Rows:
    arrays, data = state.arrays, state.provenance.get("data", tr("unknown data"))
    parameters = sum(array.size for name, array in arrays.items() if name.startswith("model/"))
    observables = len(arrays.get("model/multipliers", ()))
    own = state.configuration.get("energy")
    shape = state.arrays["samples/x"].shape[1:]
    return [
        (
            tr("what"),
            tr(
                "{model_and_fit} of {data}, a run of Landscape",
                model_and_fit=_model_and_fit(state.configuration),
                data=data,
            ),
        ),
        (tr("samples"), f"{_shape(shape)} {words_of_run(state.arrays).sites_of(shape)}"),
        *_meanings(state.arrays),
        (tr("energy"), given_energy(own))
        if own
        else (
            tr("parameters"),
            tr("{count:,}, with {observables} observables", count=parameters, observables=observables)
            if observables
            else f"{parameters:,}",
        ),
        *_kept_epochs(arrays),
        *_size(size),
    ]


def _data_identity(state: RunState, name: str, size: int | None) -> Rows:
    from landscape_app.runs.catalogue import kind_in

    arrays, words, kind = state.arrays, words_of_run(state.arrays), kind_in(state.arrays)
    if kind is None:
        raise ValueError(tr("the data set lacks its items"))
    items = arrays[f"data/{kind}"]
    learnt, held_out = len(arrays["data/training"]), len(arrays["data/held_out"])
    rows = [
        (
            tr("what"),
            tr("data to train on, no model yet; train one with: landscape train {name}", name=name),
        ),
        (
            tr("items"),
            tr(
                "{count:,}: {learnt:,} to learn from, {held_out:,} held out",
                count=len(items),
                learnt=learnt,
                held_out=held_out,
            ),
        ),
        (tr("an item"), f"{_shape(items.shape[1:])} {words.sites_of(items.shape[1:])}"),
    ]
    if "data/weights" in arrays:
        weights = arrays["data/weights"]
        counts = bool((weights == weights.round()).all())
        worth = f"{float(weights.sum()):,.{0 if counts else 1}f}"
        rows.append(
            (
                tr("weights"),
                tr("worth {count} rows", count=worth)
                if counts
                else tr("worth {count} of equal weight, (Σ w)² / Σ w²", count=worth),
            )
        )
    if "data/level_count" in arrays:
        rows.append((tr("levels"), f"{int(arrays['data/level_count'])}"))
    named = _meanings(arrays)
    if "data/labels" in arrays and tr("classes") not in dict(named):
        rows.append((tr("classes"), f"{len(set(arrays['data/labels'].tolist()))}"))
    return [*rows, *named, *_reading(state), *_size(size)]


def _reading(state: RunState) -> Rows:
    """Division of the data, and what of the source is not among them, as far as the file tells."""
    read = state.provenance.get("reading")
    if not isinstance(read, dict):
        return []
    left_out, not_used = read.get("left_out", {}), read.get("not_used", [])
    told = [
        (tr("split"), str(read.get("split", ""))),
        (
            tr("left out"),
            listed([f"{count:,}: {why}" for why, count in left_out.items()], 6) if left_out else "",
        ),
        (tr("not used"), listed([str(name) for name in not_used]) if not_used else ""),
        *((tr("note"), str(warning)) for warning in read.get("warnings", [])),
    ]
    return [row for row in told if row[1]]


def _kept_epochs(arrays: Mapping[str, Any]) -> Rows:
    """Row of the snapshots, of which `landscape sample --epoch` takes one; none where there are none."""
    epochs = arrays.get("snapshots/epochs", ())
    if not len(epochs):
        return []
    return [(tr("snapshots"), tr("of epochs {epochs}", epochs=", ".join(f"{epoch:,}" for epoch in epochs)))]


def _size(size: int | None) -> Rows:
    return [] if size is None else [(tr("size"), byte_size(size))]


def _shape(shape: tuple[int, ...]) -> str:
    return " × ".join(str(side) for side in shape)


def _meanings(arrays: Mapping[str, np.ndarray]) -> Rows:
    """Names of classes and columns, where the data say them."""
    from landscape_app.runs.dataset_names import class_names_in, columns_in

    names, columns = class_names_in(arrays), columns_in(arrays)
    told = [column.name + (f" ({', '.join(column.values)})" if column.values else "") for column in columns]
    rows = [(tr("classes"), listed(names)), (tr("columns"), listed(told))]
    return [row for row, known in zip(rows, (names, columns), strict=True) if known]


def _making(state: RunState) -> Rows:
    provenance, configuration = state.provenance, dict(state.configuration)
    schedule = configuration.pop("schedule", {})
    made = (
        "program",
        "torch",
        "device",
        "ranks",
        "date",
        "run",
        "parent_run",
        "branch_of_epoch",
        "random_numbers",
        "data",
    )
    rows = [(setting_name(name), str(provenance[name])) for name in made if name in provenance]
    if "data_sha256" in provenance:
        rows.append((setting_name("data_sha256"), str(provenance["data_sha256"])[:16] + "…"))
    schedule = {
        part: setting
        for name, value in schedule.items()
        for part, setting in ((name, value), *(_rate_in_effect(state) if name == "theta_rate" else ()))
    }
    return rows + _settings(configuration) + _settings(schedule)


def _rate_in_effect(state: RunState) -> list[tuple[str, str]]:
    """The learning rate of θ that is in effect before it falls, under its name among settings; none of data alone."""
    rate = state.provenance.get(RATE_IN_EFFECT)
    if state.holds_data_alone:
        return []
    if not isinstance(rate, float):
        # Of a file from before it was kept: what tells it takes a while to load.
        from landscape_app.problems import Configuration
        from landscape_app.problems.model import training_data
        from landscape_app.session.dataset_io import dataset_of

        plan = Configuration.from_dict(state.configuration)
        epochs, seconds = (float(state.arrays[f"trainer/{name}"]) for name in ("epoch", "seconds"))
        items = len(training_data(plan, dataset_of(state, plan)).training)
        rate = plan.rate_in_effect(plan.epochs_in_all(epochs, seconds), items)
    return [(RATE_IN_EFFECT, f"{rate:.6g}")]


def _settings(values: Mapping[str, Any]) -> Rows:
    return [(setting_name(name), setting_value(value)) for name, value in settings_in(values).items()]


def _effective(log_weights: np.ndarray) -> float:
    """(Σ w)² / Σ w²."""
    import numpy as np

    weights = np.exp(log_weights.astype(float) - log_weights.max())
    return float(weights.sum() ** 2 / (weights**2).sum())
