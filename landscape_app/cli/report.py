"""`landscape report`: a run as one page of HTML that needs nothing beside it."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landscape_app.cli.errors import WrongUsageError, checking_input
from landscape_app.cli.info import Rows, sections_of
from landscape_app.cli.vocabulary import WATCHED, has_densities, words_of_run

if TYPE_CHECKING:
    import numpy as np

    from landscape_app.data import Dataset
    from landscape_app.experiments.figure import Mark, Panel
    from landscape_app.runs import RunState

SHOWN = 64
"""Images on the page of each kind."""

MOST_POINTS = 2_000
"""Points on the page of each kind."""

SIDE = 40
"""Of an image on the page, in pixels of the screen, about."""

WHAT_IT_DOES_NOT_SAY = (
    "Errors are standard errors: of log Z, and of the finite number of items. The validation set chose the epoch "
    "that is kept; the test set chose nothing. Whether fresh chains, from the base measure as from data, reach the "
    "model this page does not say: landscape diagnose does."
)


def report(
    run: Annotated[Path, typer.Argument(metavar="RUN.h5", help="Run file to describe.", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PAGE.html",
            help="Where to; beside the run, under its name, if not said.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write a run as one HTML page: figures, settings, samples and provenance.

    The page holds its pictures, and needs no other file and no network.

    \b
    Example:
      landscape report run.h5 -o run.html
    """
    from landscape_app.runs import read_run
    from landscape_app.runs.atomic import atomic_write, check_writable, reason_of

    with checking_input():
        state = read_run(run)
    if state.holds_data_alone:
        raise WrongUsageError(f"{run} holds data and no model: train one with: landscape train {run}")
    path = run.with_suffix(".html") if output is None else output
    with checking_input():
        check_writable(path)
    try:
        page = page_of(state, run)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise WrongUsageError(f"{run} is not a whole run file: {reason_of(error)}") from error
    with checking_input(), atomic_write(path) as part:
        part.write_text(page, encoding="utf-8")
    print(path)


def page_of(state: RunState, run: Path) -> str:
    """The page of a run, HTML.

    Raises:
        LookupError, TypeError or ValueError: the run is not whole.
    """
    from landscape_app.experiments.figure import Figure
    from landscape_app.experiments.render import svg_of

    first, *others = sections_of(state, run).items()
    dataset = _dataset(state)
    panels = [*_curves(state), *_clouds(state, dataset)]
    rows = tuple(tuple(panels[start : start + 2]) for start in range(0, len(panels), 2))
    parts = [_table("", first[1]), *_pictures(state, dataset)]
    if panels:
        parts.append(f"<figure>{svg_of(Figure(rows), 'Training, epoch by epoch')}</figure>")
    parts.append(f"<p>{html.escape(WHAT_IT_DOES_NOT_SAY)}</p>")
    # Figures first, then settings.
    parts += [_table(heading, rows) for heading, rows in reversed(others)]
    return PAGE.format(title=html.escape(run.name), body="\n".join(parts))


def _table(heading: str, rows: Rows) -> str:
    lines = "\n".join(
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>" for name, value in rows
    )
    return (f"<h2>{html.escape(heading)}</h2>" if heading else "") + f"<table>{lines}</table>"


def _curves(state: RunState) -> Iterator[Panel]:
    """Panels over the epochs: what was measured, and what the training was watched by."""
    import numpy as np

    from landscape_app.experiments.figure import Curve, Marker, Panel, Role

    an_item, metrics = words_of_run(state.arrays).an_item, state.metrics
    kind = "differential " if has_densities(state.arrays) else ""
    kept = "kept/epoch" in state.arrays
    end: tuple[Mark, ...] = (
        (Marker(float(state.arrays["kept/epoch"]), "kept", role=Role.OTHER),) if kept else ()
    )
    found = _measurements(state)
    if len(found.get("epoch", ())) > 1:
        epoch, error = found["epoch"], found["log_partition_error"]
        validation = found["validation_nats"]
        reach = np.hypot(error, found["validation_scatter"])
        yield Panel(
            "Cross-entropy −⟨log P⟩",
            (
                Curve(epoch, found["training_nats"], "training set", Role.DATA),
                Curve(
                    epoch,
                    validation,
                    "validation set, ± standard error",
                    low=validation - reach,
                    high=validation + reach,
                ),
                *end,
            ),
            "epoch",
            f"nats {an_item}",
        )
        entropy, reach = found["entropy"], found["entropy_error"]
        yield Panel(
            f"{kind}entropy of the model".capitalize(),
            (Curve(epoch, entropy, "S, ± standard error", low=entropy - reach, high=entropy + reach), *end),
            "epoch",
            "nats",
        )
    if not len(metrics.get("epoch", ())):
        return
    epoch = metrics["epoch"].astype(float)
    yield Panel(
        "Energies beyond those of the training set",
        (
            Curve(epoch, metrics["energy_held_out"] - metrics["energy_training"], "validation set"),
            Curve(epoch, metrics["energy_model"] - metrics["energy_training"], "model's chains", Role.OTHER),
        ),
        "epoch",
        f"nats {an_item}",
    )
    for name, title, unit in WATCHED:
        if name in metrics:
            values = metrics[name].astype(float)
            is_log = bool((values[~np.isnan(values)] > 0).all())
            yield Panel(title, (Curve(epoch, values),), "epoch", unit, y_log=is_log)
    yield Panel("Acceptance rate of the chains", (Curve(epoch, metrics["acceptance_rate"]),), "epoch")


def _measurements(state: RunState) -> Mapping[str, np.ndarray]:
    """Columns of the measurements, a row each, by name; that of the model that is kept last."""
    import numpy as np

    found: dict[str, np.ndarray] = {}
    for path, column in state.arrays.items():
        group, _, name = path.partition("/")
        if group in ("measurements", "kept"):
            found[name] = np.append(found.get(name, ()), column)
    return found


def _drawn(state: RunState, most: int) -> np.ndarray:
    """Samples of the model as they are kept, by their weights, shape (n, …)."""
    import numpy as np

    x, log_weights = state.arrays["samples/x"], state.arrays["samples/log_weights"].astype(float)
    weights = np.exp(log_weights - log_weights.max())
    return x[np.random.default_rng(0).choice(len(x), min(most, len(x)), p=weights / weights.sum())]


def _clouds(state: RunState, dataset: Dataset) -> Iterator[Panel]:
    """Samples beside the data, of points in one or two dimensions, by the numbers that densities count by."""
    import numpy as np

    from landscape_app.data import Kind
    from landscape_app.data.columns import in_units
    from landscape_app.experiments.figure import Bars, Panel, Points, Role

    if dataset.kind is not Kind.POINTS or dataset.items[0].size > 2:
        return
    of_data, of_model = (
        in_units(dataset.columns, x).reshape(len(x), -1).astype(np.float64)
        for x in (dataset.training_items, _drawn(state, MOST_POINTS))
    )
    for i, column in enumerate(dataset.columns):
        of_data[:, i], of_model[:, i] = column.drawn(of_data[:, i]), column.drawn(of_model[:, i])
    names = [column.counted_name for column in dataset.columns]
    names = names or [f"x{i + 1}" for i in range(of_data.shape[1])]
    sides = ((of_data[:MOST_POINTS], "training set", Role.DATA), (of_model, "model", Role.MODEL))
    if of_data.shape[1] == 2:
        marks: tuple[Mark, ...] = tuple(
            Points(x[:, 0], x[:, 1], name, role, size=2) for x, name, role in sides
        )
        yield Panel("Samples of the model, and data", marks, names[0], names[1])
        return
    edges = np.histogram_bin_edges(of_data, 40)
    marks = tuple(
        Bars(edges, np.histogram(x, edges)[0] / len(x) / np.diff(edges), name, role)
        for x, name, role in sides
    )
    yield Panel("Samples of the model, and data", marks, names[0], f"density per unit of {names[0]}")


def _pictures(state: RunState, dataset: Dataset) -> Iterator[str]:
    """Images of the model's samples, and of the training set, where items are pictures."""
    import numpy as np

    from landscape_app.problems.model import build_space
    from landscape_app.session.sample_file import mosaic

    space = build_space(dataset)
    if not space.is_picture:
        return
    for title, items in (
        ("Samples of the model", _drawn(state, SHOWN)),
        ("Training set", dataset.training_items[:SHOWN]),
    ):
        picture = mosaic(items.astype(np.float32), space)
        yield f"<h2>{title}</h2>{_image(picture, title, max(space.shape[:2]))}"


def _dataset(state: RunState) -> Dataset:
    """The run's data, its own or those that come with the application."""
    from landscape_app.problems import Configuration
    from landscape_app.problems.model import training_data
    from landscape_app.session.dataset_io import dataset_of

    configuration = Configuration.from_dict(state.configuration)
    return training_data(configuration, dataset_of(state, configuration))


def _image(picture: np.ndarray, title: str, side: int) -> str:
    """An image element that holds its picture, each pixel as many as make it large enough."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", optimize=True)
    scale = max(1, SIDE // side)
    data = base64.b64encode(buffer.getvalue()).decode()
    return (
        f'<img alt="{title}" width="{picture.shape[1] * scale}" src="data:image/png;base64,{data}" '
        'style="image-rendering: pixelated">'
    )


PAGE = """<!DOCTYPE html>
<html lang="en">
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
