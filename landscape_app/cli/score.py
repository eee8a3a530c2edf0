"""`landscape score`: −log P of images or rows of a file under a trained model, and which are out of distribution."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landscape_app.cli.common import (
    AUTO,
    DeviceOption,
    HeaderOption,
    TrustOption,
    open_model,
    tell_device,
    use_all_cores,
)
from landscape_app.cli.errors import WrongUsageError, check_another, checking_input, working
from landscape_app.cli.info import print_sections
from landscape_app.cli.progress import error_console, stages
from landscape_app.session.vocabulary import Rows

if TYPE_CHECKING:
    from landscape_app.session.score import Scores

SHOWN = 10
"""Items that are printed, the most improbable ones."""


def score(
    run: Annotated[
        Path, typer.Argument(metavar="RUN.h5", show_default=False, help="Run file of a trained model.")
    ],
    path: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            show_default=False,
            help="Images or a table of the same columns, in any format that landscape import reads; a data file that "
            "it has made; or samples that Landscape has exported.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="SCORES.csv",
            show_default=False,
            help="Where to write a row for each item: nats (−log P), common_error (of log Z, the same error of all), "
            "or nats_low and nats_high where log Z is only bounded, percentile, p_value, out_of_distribution, "
            "nearest_training_item (from 1) and distance.",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object: the summary, and the scores of all items.")
    ] = False,
    false_alarms: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            help="Share of fresh items like those held out that may be called out of distribution.",
        ),
    ] = 0.01,
    invert: Annotated[
        bool | None,
        typer.Option(
            "--invert/--no-invert",
            show_default=False,
            help="Whether dark pixels are ink; if not said, as the data were imported, and for image files of data "
            "that were not, yes, as samples are exported.",
        ),
    ] = None,
    resize: Annotated[
        bool,
        typer.Option(
            "--resize",
            help="Bring images of any size to the model's; without, only where its data's were brought.",
        ),
    ] = False,
    header: HeaderOption = None,
    missing: Annotated[
        str | None,
        typer.Option(
            metavar="WORD,…", show_default=False, help="Words for a missing value, as of landscape import."
        ),
    ] = None,
    sheet: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", show_default=False, help="Sheet of a spreadsheet, by name or number from 1."
        ),
    ] = None,
    array: Annotated[
        str | None,
        typer.Option(metavar="NAME", show_default=False, help="Array of a file of several that is taken."),
    ] = None,
    trust: TrustOption = False,
    device: DeviceOption = AUTO,
) -> None:
    """Score images or rows of a table under a trained model: −log P, and whether they are out of distribution.

    The file is read as the model's data were: the same columns, units, words,
    size and levels. What cannot be read is named and left out. −log P is in
    nats, of a table per unit of its columns as the file has them; all items
    share one log Z, and its error. Percentile: how many in a hundred test
    items, which no state of the model was chosen by, are more probable. An
    item is out of distribution where p = (1 + number of test items at least as
    improbable)/(number of test items + 1) is at most --false-alarms.

    That says less probable than nearly all held-out items, not wrong; and an
    item that is more probable than all of them is never called so.

    \b
    Examples:
      landscape score survey-run.h5 new.csv -o scores.csv
      landscape score photos-run.h5 folder --json
      landscape score run.h5 sevens.png
    """
    from landscape_app.data.importing.alike import AlikeOptions
    from landscape_app.data.importing.cells import MISSING, parse_words
    from landscape_app.data.importing.tables import ReadOptions
    from landscape_app.runs import check_writable

    if not 0 < false_alarms < 1:
        raise WrongUsageError(f"--false-alarms must lie between 0 and 1, such as 0.01, got {false_alarms:g}")
    if output is not None:
        if output.suffix.lower() != ".csv":
            raise WrongUsageError(f"scores are written as CSV; give a name that ends in .csv, not {output}")
        check_another(output, run, "the run")
        check_another(output, path, "the file that is scored")
        with checking_input():
            check_writable(output)
    use_all_cores()
    from landscape_app.session import api
    from landscape_app.session.score import summary_of, write_scores

    words = MISSING if missing is None else MISSING | parse_words(missing)
    options = AlikeOptions(ReadOptions(words, header, sheet, array), invert, resize)
    with checking_input():
        session = open_model(run, device, trust)
        tell_device(session)
        with stages(error_console()) as tell:
            found = api.score(session, path, false_alarms=false_alarms, options=options, report=tell)
    _tell_left_out(found, path)
    if output is not None:
        with working():
            write_scores(found, output)
    if as_json:
        print(json.dumps(found.as_json(), ensure_ascii=False, indent=2))
        return
    saved = {} if output is None else {f"Wrote {len(found):,} scores to {output}": list[tuple[str, str]]()}
    print_sections({f"{path} under {run}": summary_of(found), "Most improbable": _worst(found)} | saved)


def _tell_left_out(found: Scores, path: Path) -> None:
    """Names what could not be read on the standard error."""
    if found.left_out:
        from landscape_app.data.importing import named

        text = f"{path}: left out {len(found.left_out):,}: {named(found.left_out)}"
        error_console().print(text, soft_wrap=True, markup=False)


def _worst(found: Scores) -> Rows:
    """The items of highest −log P."""
    import numpy as np

    out, percentiles, p_values = found.are_out, found.percentiles, found.p_values
    rows = []
    for i in np.argsort(-found.surprisal, kind="stable")[:SHOWN].tolist():
        nats = found.nats(i)
        told = f"{nats:.3f}" if nats.is_bracket else f"{nats.value:.3f}"
        parts = [f"{told} nats"]
        if found.judges:
            parts.append(f"percentile {percentiles[i]:.1f}, p = {p_values[i]:.2g}")
        if out is not None:
            parts.append("out of distribution" if out[i] else "within")
        parts.append(f"nearest: training item {found.nearest[i] + 1:,} at {found.distances[i]:.3g}")
        rows.append((found.names[i], "; ".join(parts)))
    return [*rows, ("distances", found.distance_unit)]
