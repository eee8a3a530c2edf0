"""`landscape observables`: what each observable of a model responds to, its multiplier, and its residual."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from landscape_app.cli.common import AUTO, DeviceOption, TrustOption, open_model, tell_device, use_all_cores
from landscape_app.cli.errors import WrongUsageError, check_another, checking_input, working
from landscape_app.cli.info import piped_console
from landscape_app.physics.estimate import rounded, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from landscape_app.data import ColumnMeaning
    from landscape_app.experiments.figure import Panel
    from landscape_app.physics.space import Space
    from landscape_app.session.observables import ObservablesRecord

PICTURES = (".png", ".svg")
NAMED = 3
"""Items of most f that are named."""

COLUMNS = 4
"""Panels of the picture in a row."""


def observables(
    run: Annotated[
        Path, typer.Argument(metavar="RUN.h5", show_default=False, help="Run file of a trained model.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="PICTURE",
            show_default=False,
            help="Where to draw what each responds to, as .png or .svg: of images and spins training items and "
            "chains of most and of least of it, of one or two coordinates its values.",
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Print one JSON object: all figures; items and chains are counted from 1."
        ),
    ] = False,
    trust: TrustOption = False,
    device: DeviceOption = AUTO,
) -> None:
    """Look into the observables of a model, or into its hidden units, one by one.

    λ is the multiplier, in nats per unit of f; λσ by how much energies of the
    data differ through it, in nats; the residual ⟨f⟩ − data that of its
    constraint, ± standard error over the chains that train, which follow the
    model; z the residual in standard deviations of the data. Chains that have
    not mixed, or were copied by resampling, are worth fewer than the error knows.

    \b
    Examples:
      landscape observables run.h5
      landscape observables run.h5 -o observables.png
      landscape observables run.h5 --json
    """
    from landscape_app.runs import check_writable

    if output is not None:
        if output.suffix.lower() not in PICTURES:
            raise WrongUsageError(f"the picture is a .png or .svg; give a name that ends so, not {output}")
        check_another(output, run, "the run")
        with checking_input():
            check_writable(output)
    use_all_cores()
    from landscape_app.session import api

    with checking_input():
        session = open_model(run, device, trust)
        tell_device(session)
        record = api.observables(session)
    if output is not None:
        with working():
            _draw(record, session.space, session.dataset.columns, output)
    if as_json:
        print(json.dumps(record.as_json(), ensure_ascii=False, indent=2))
        return
    _print(record, run)
    if output is not None:
        print(f"Drew what each responds to in {output}")


def _print(record: ObservablesRecord, run: Path) -> None:
    """Prints a row for each observable."""
    console = piped_console()
    worth = (
        f", their weights worth {record.effective:,.0f}" if round(record.effective) != record.chains else ""
    )
    console.print(
        f"{run}, epoch {record.epoch:,}: {record.items:,} training items, {record.chains:,} {record.chains_name}"
        f"{worth}",
        soft_wrap=True,
        markup=False,
    )
    has_multipliers = any(map(math.isfinite, record.multipliers.tolist()))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("observable")
    of_energy = ("λ", "λσ, nats") if has_multipliers else ()
    for head in (*of_energy, "⟨f⟩ − data", "z", "errors"):
        table.add_column(head, justify="right")
    table.add_column("training items of most f")
    for i, response in enumerate(record.responses):
        meaning = f" = {record.meanings[i]}" if record.meanings[i] else ""
        residual, error = rounded(float(record.residuals[i]), float(record.errors[i]))
        numbers = (
            (shown(record.multipliers[i], ".3g"), shown(record.weights[i], "+.2f")) if has_multipliers else ()
        )
        table.add_row(
            record.names[i] + meaning,
            *numbers,
            f"{residual} ± {error}",
            shown(record.scores[i], "+.2f"),
            shown(record.in_errors[i], "+.1f"),
            ", ".join(f"{place + 1:,}" for place in response.most_data.places[:NAMED].tolist()),
        )
    console.print(table)


def _draw(record: ObservablesRecord, space: Space, columns: Sequence[ColumnMeaning], output: Path) -> None:
    """Draws what each responds to, a panel each.

    Raises:
        WrongUsageError: there is nothing to be drawn of rows of a table.
        ValueError: the file cannot be written.
    """
    from landscape_app.experiments.figure import Figure
    from landscape_app.experiments.render import write_sheet
    from landscape_app.runs.atomic import atomic_write

    if record.on_axes is not None:
        panels = [_axes_panel(record, i, columns) for i in range(len(record))]
    elif record.responses[0].most_data.slopes is not None:
        panels = [_images_panel(record, i, space) for i in range(len(record))]
    else:
        raise WrongUsageError(
            "only images, spins, and one or two coordinates are drawn; leave -o out, or look at rows in the window"
        )
    rows = tuple(tuple(panels[start : start + COLUMNS]) for start in range(0, len(panels), COLUMNS))
    with atomic_write(output) as part:
        write_sheet(Figure(rows), "What the observables respond to", part, output.suffix[1:].lower())


def _title(record: ObservablesRecord, number: int) -> str:
    weight = record.weights[number]
    meaning = f" = {record.meanings[number]}" if record.meanings[number] else ""
    return (
        record.names[number]
        + meaning
        + (f", λσ {shown(weight, '+.2f')} nats" if math.isfinite(weight) else "")
    )


def _images_panel(record: ObservablesRecord, number: int, space: Space) -> Panel:
    """Items and chains of most and of least of an observable, a row each."""
    import numpy as np

    from landscape_app.experiments.figure import Images, Panel

    response = record.responses[number]
    rows = [space.as_images(found.x).astype(float) for found in response]
    if space.is_coloured:
        rows = [images.mean(-1) for images in rows]
    most = max(map(len, rows))
    # Rows with fewer end in paper.
    padded = [np.concatenate([images, np.zeros((most - len(images), *images.shape[1:]))]) for images in rows]
    names = ("data, most", "data, least", "chains, most", "chains, least")
    mark = Images(np.concatenate(padded), most, space.levels - 1, names)
    return Panel(_title(record, number), (mark,))


def _axes_panel(record: ObservablesRecord, number: int, columns: Sequence[ColumnMeaning]) -> Panel:
    """An observable over one or two coordinates."""
    from landscape_app.experiments.figure import Curve, Heatmap, Mark, Panel

    assert record.on_axes is not None
    axes, values = record.on_axes.axes, record.on_axes.values[number]
    names = [column.counted_name for column in columns] or [f"x{i + 1}" for i in range(len(axes))]
    if len(axes) == 1:
        mark: Mark = Curve(axes[0], values)
        return Panel(_title(record, number), (mark,), names[0], record.names[number])
    mark = Heatmap(axes[0], axes[1], values, record.names[number])
    return Panel(_title(record, number), (mark,), names[0], names[1])
