"""A run as one page of HTML that needs nothing beside it."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterator

import numpy as np
from PIL import Image

from landscape_app.data import Dataset, Kind
from landscape_app.data.columns import in_units
from landscape_app.experiments.figure import Bars, Curve, Figure, Mark, Marker, Panel, Points, Role
from landscape_app.experiments.render import svg_of
from landscape_app.language import tr
from landscape_app.problems import Configuration
from landscape_app.problems.model import build_space, training_data
from landscape_app.runs import RunState
from landscape_app.session.dataset_io import dataset_of
from landscape_app.session.description import sections_of
from landscape_app.session.journal import Journal
from landscape_app.session.run_curves import TITLES, RunCurve, curves_of
from landscape_app.session.run_thumbnail import drawn_samples
from landscape_app.session.sample_file import mosaic
from landscape_app.session.verdict import describe_last_test, verdict_in
from landscape_app.session.vocabulary import WATCHED, Rows, has_densities

SHOWN = 64
"""Images on the page of each kind."""

MOST_POINTS = 2_000
"""Points on the page of each kind."""

SIDE = 40
"""Of an image on the page, in pixels of the screen, about."""

WHAT_IT_DOES_NOT_SAY = tr(
    "Errors are standard errors: of log Z, and of the finite number of items. The validation set chose the epoch "
    "that is kept; the test set chose nothing. Whether fresh chains, from the base measure as from data, reach the "
    "model a convergence test says: see Equilibrium, or make one with landscape diagnose."
)


def page_of(state: RunState, name: str, size: int | None = None) -> str:
    """The page of a run, HTML.

    Args:
        state: of the run.
        name: of its file, or by which it is to be called: the title.
        size: of its file, bytes; None where it has none, or one that does not hold this state.

    Raises:
        LookupError, TypeError or ValueError: the run is not whole.
    """
    first, *others = sections_of(state, name, size).items()
    dataset = _dataset(state)
    panels = [*_curves(state), *_clouds(state, dataset)]
    rows = tuple(tuple(panels[start : start + 2]) for start in range(0, len(panels), 2))
    parts = [
        _table("", first[1]),
        f"<p>{html.escape(_last_test(state))}.</p>",
        *_pictures(state, dataset),
    ]
    if panels:
        parts.append(f"<figure>{svg_of(Figure(rows), tr('Training, epoch by epoch'))}</figure>")
    parts.append(f"<p>{html.escape(WHAT_IT_DOES_NOT_SAY)}</p>")
    # Figures first, then settings.
    parts += [_table(heading, rows) for heading, rows in reversed(others)]
    return PAGE.format(language=tr("en"), title=html.escape(name), body="\n".join(parts))


def _last_test(state: RunState) -> str:
    found = state.arrays.get("journal")
    entries = (
        () if found is None else Journal.from_json(bytes(np.asarray(found, dtype=np.uint8)).decode()).entries
    )
    return describe_last_test(verdict_in(state.arrays), entries, int(state.arrays["trainer/epoch"]))


def _table(heading: str, rows: Rows) -> str:
    lines = "\n".join(
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>" for name, value in rows
    )
    return (f"<h2>{html.escape(heading)}</h2>" if heading else "") + f"<table>{lines}</table>"


def _curves(state: RunState) -> Iterator[Panel]:
    """Panels over the epochs: what was measured, and what the training was watched by."""
    curves = curves_of(state)
    is_differential = has_densities(state.arrays)
    kept = "kept/epoch" in state.arrays
    end: tuple[Mark, ...] = (
        (Marker(float(state.arrays["kept/epoch"]), tr("kept"), role=Role.OTHER),) if kept else ()
    )
    if "validation" in curves and len(curves["validation"].epochs) > 1:
        training, validation, entropy = (curves[name] for name in ("training", "validation", "entropy"))
        yield Panel(
            tr("Cross-entropy −⟨log P⟩"),
            (
                Curve(training.epochs, training.values, tr("training set"), Role.DATA),
                _with_error(
                    validation,
                    tr("validation set, ± standard error or bounds")
                    if _has_bounds(validation)
                    else tr("validation set, ± standard error"),
                ),
                *end,
            ),
            tr("epoch"),
            validation.unit,
        )
        yield Panel(
            tr("Differential entropy of the model") if is_differential else tr("Entropy of the model"),
            (
                _with_error(
                    entropy,
                    tr("S, ± standard error or bounds")
                    if _has_bounds(entropy)
                    else tr("S, ± standard error"),
                ),
                *end,
            ),
            tr("epoch"),
            entropy.unit,
        )
    if "model_gap" not in curves:
        return
    gap, model = curves["validation_gap"], curves["model_gap"]
    yield Panel(
        tr("Energies beyond those of the training set"),
        (
            Curve(gap.epochs, gap.values, tr("validation set")),
            Curve(model.epochs, model.values, tr("model's chains"), Role.OTHER),
        ),
        tr("epoch"),
        gap.unit,
    )
    for name in (*(name for name, _, _ in WATCHED), "acceptance_rate"):
        if name in curves:
            epochs, _, values, _, unit, _ = curves[name]
            is_log = name != "acceptance_rate" and bool((values[~np.isnan(values)] > 0).all())
            yield Panel(TITLES[name], (Curve(epochs, values),), tr("epoch"), unit, y_log=is_log)


def _has_bounds(curve: RunCurve) -> bool:
    return bool(curve.bounded.any())


def _with_error(curve: RunCurve, name: str) -> Curve:
    low, high = curve.values - curve.errors, curve.values + curve.errors
    return Curve(curve.epochs, curve.values, name, low=low, high=high)


def _clouds(state: RunState, dataset: Dataset) -> Iterator[Panel]:
    """Samples beside the data, of points in one or two dimensions, by the numbers that densities count by."""
    if dataset.kind is not Kind.POINTS or dataset.items[0].size > 2:
        return
    of_data, of_model = (
        in_units(dataset.columns, x).reshape(len(x), -1).astype(np.float64)
        for x in (dataset.training_items, drawn_samples(state.arrays, MOST_POINTS))
    )
    for i, column in enumerate(dataset.columns):
        of_data[:, i], of_model[:, i] = column.drawn(of_data[:, i]), column.drawn(of_model[:, i])
    names = [column.counted_name for column in dataset.columns]
    names = names or [f"x{i + 1}" for i in range(of_data.shape[1])]
    sides = ((of_data[:MOST_POINTS], tr("training set"), Role.DATA), (of_model, tr("model"), Role.MODEL))
    if of_data.shape[1] == 2:
        marks: tuple[Mark, ...] = tuple(
            Points(x[:, 0], x[:, 1], name, role, size=2) for x, name, role in sides
        )
        yield Panel(tr("Samples of the model, and data"), marks, names[0], names[1])
        return
    edges = np.histogram_bin_edges(of_data, 40)
    marks = tuple(
        Bars(edges, np.histogram(x, edges)[0] / len(x) / np.diff(edges), name, role)
        for x, name, role in sides
    )
    yield Panel(
        tr("Samples of the model, and data"),
        marks,
        names[0],
        tr("density per unit of {column}", column=names[0]),
    )


def _pictures(state: RunState, dataset: Dataset) -> Iterator[str]:
    """Images of the model's samples, and of the training set, where items are pictures."""
    space = build_space(dataset)
    if not space.is_picture:
        return
    for title, items in (
        (tr("Samples of the model"), drawn_samples(state.arrays, SHOWN)),
        (tr("Training set"), dataset.training_items[:SHOWN]),
    ):
        picture = mosaic(items.astype(np.float32), space)
        yield f"<h2>{title}</h2>{_image(picture, title, max(space.shape[:2]))}"


def _dataset(state: RunState) -> Dataset:
    """The run's data, its own or those that come with the application."""
    configuration = Configuration.from_dict(state.configuration)
    return training_data(configuration, dataset_of(state, configuration))


def _image(picture: np.ndarray, title: str, side: int) -> str:
    """An image element that holds its picture, each pixel as many as make it large enough."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", optimize=True)
    scale = max(1, SIDE // side)
    data = base64.b64encode(buffer.getvalue()).decode()
    return (
        f'<img alt="{title}" width="{picture.shape[1] * scale}" src="data:image/png;base64,{data}" '
        'style="image-rendering: pixelated">'
    )


PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem;
  color: #1a1e25; background: #fff; }}
h1 {{ font-size: 1.5rem; }} h2 {{ font-size: 1.1rem; margin-top: 2rem; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; vertical-align: top; padding: 0.2rem 1rem 0.2rem 0; border-bottom: 1px solid #e4e7ec; }}
th {{ font-weight: normal; color: #5b6472; width: 17rem; }} td {{ overflow-wrap: anywhere; }}
figure {{ margin: 1.5rem 0; }} svg, img {{ max-width: 100%; height: auto; }} p {{ color: #5b6472; }}
</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""
