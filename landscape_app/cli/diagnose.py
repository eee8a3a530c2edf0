"""`landscape diagnose`: whether a model's chains reach equilibrium, and its entropy; or what other chains show."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.table import Table
from rich.text import Text

from landscape_app.cli.common import AUTO, DeviceOption, TrustOption, open_model, tell_device, use_all_cores
from landscape_app.cli.errors import (
    DONE,
    NOT_MATCHED,
    NOT_MIXED,
    CommandError,
    WrongUsageError,
    checking_input,
)
from landscape_app.cli.info import piped_console, print_sections
from landscape_app.cli.progress import error_console, progress, stopping_on_request, waiting
from landscape_app.counting import capitalised, counted
from landscape_app.physics.estimate import Estimate, shown
from landscape_app.session.vocabulary import Rows, printable, reason, words_of

if TYPE_CHECKING:
    from landscape_app.physics.chain_statistics import ChainsDiagnosis
    from landscape_app.physics.diagnostics import Diagnosis
    from landscape_app.physics.entropy import Thermometry
    from landscape_app.physics.exact import ExactRecord
    from landscape_app.physics.matching import Match, MeanMatch
    from landscape_app.session.convergence import ConvergenceRecord
    from landscape_app.session.session import Session

MOST_STEPS = 1_000_000
MOST_CHAINS = 4_096

CHAIN_ENDINGS = (".nc", ".npz", ".csv")
"""Of files of draws; `session.chains_file` reads them, which the help of the command does not wait for."""

MOST_ROWS = 40
"""Quantities that are printed."""

OF_A_RUN = ("steps", "chains", "kernel", "seed", "device")
"""Options that say how chains are moved."""


def diagnose(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN.h5|CHAINS…",
            help="Run file of a trained model; or draws of chains that any program made: ArviZ's NetCDF (.nc), .npz "
            "with arrays (chain, draw, …), a .csv with a row for each draw and columns chain and draw, or several "
            ".csv, a chain each, such as Stan's.",
            show_default=False,
        ),
    ],
    steps: Annotated[
        int,
        typer.Option(
            metavar="S", help="Most steps until the starts agree and the model is judged, after tuning."
        ),
    ] = 2_000,
    chains: Annotated[int, typer.Option(metavar="N", help="Chains from each start.")] = 24,
    kernel: Annotated[
        str | None,
        typer.Option(metavar="NAME", show_default=False, help="Markov kernel; the run's own if not said."),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed gives the same test.")] = 0,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print one JSON object: the verdicts mixed and matched, class_shares and means with errors, and all "
            "that info --json has (kept_epoch, validation_nats, test_nats, entropy …), measured afresh; null where "
            "something is not known.",
        ),
    ] = False,
    trust: TrustOption = False,
    device: DeviceOption = AUTO,
) -> None:
    """Test whether a model's chains reach equilibrium, or what the draws of other chains show.

    Chains start from noise, from the training data and from a hot ladder,
    and run side by side, each with replicas at higher temperatures, until
    nothing tells them apart or the steps are used up. The same replicas
    give the entropy and the cross-entropy of test data, both with error
    bars; where the space is small enough, the exact numbers stand beside
    them. Ctrl-C ends early with what there is.

    A second verdict is on the model: it matches its data where, in
    equilibrium, the energy and the observables have the training data's
    means, and the classes its shares, each to 0.2 standard deviations or
    within errors.

    Of CHAINS only the draws are known. Each quantity has its mean with the
    Monte Carlo error, standard deviation, effective samples of bulk and
    tails, R-hat and autocorrelation time. Chains that agree may all be in
    one mode of several, so the best finding is "no disagreement found".

    \b
    Exit codes of a run:
      0  the chains have mixed, and the model matches its data
      3  they have mixed, and it does not, or that is not known
      4  they have not mixed
      (1 failed, 2 wrong usage)
    Exit codes of CHAINS:
      0  no disagreement found
      4  disagreement, a frozen chain, too few draws, or one chain alone

    \b
    Examples:
      landscape diagnose run.h5
      landscape diagnose posterior.nc
      landscape diagnose chain_1.csv chain_2.csv chain_3.csv chain_4.csv
    """
    if any(path.suffix.lower() in CHAIN_ENDINGS for path in files):
        _diagnose_chains(context, files, as_json)
    if len(files) > 1:
        raise WrongUsageError("one run is tested at a time; several files are a .csv for each chain")
    run = files[0]
    if not 100 <= steps <= MOST_STEPS:
        raise WrongUsageError(f"--steps must be a whole number from 100 to {MOST_STEPS:,}, got {steps}")
    if not 2 <= chains <= MOST_CHAINS:
        raise WrongUsageError(f"--chains must be a whole number from 2 to {MOST_CHAINS:,}, got {chains}")
    if not 0 <= seed < 2**63:
        raise WrongUsageError(f"the seed must be a whole number from 0 to 2⁶³ − 1, got {seed}")
    use_all_cores()
    from landscape_app.session.device import resolve_device

    with checking_input():
        resolve_device(device)
        session = open_model(run, device, trust)
        test = session.convergence_test(chains, seed, kernel)
    tell_device(session)
    last = None
    with stopping_on_request() as stop, progress(error_console(), "Testing convergence", 1.0) as report:
        for record in test.run(steps):
            last = record if record.diagnosis is not None else last
            report(record.share, _figures(record))
            if stop.times:
                break
    if last is None:
        raise CommandError("stopped before there was anything to judge")
    if as_json:
        print(json.dumps(last.figures(), ensure_ascii=False, indent=2))
    else:
        print_sections(_sections(session, last))
    raise typer.Exit(DONE if last.is_good else NOT_MATCHED if last.agree else NOT_MIXED)


def _diagnose_chains(context: typer.Context, files: list[Path], as_json: bool) -> NoReturn:
    """Judges draws that another program made."""
    sources = {name: context.get_parameter_source(name) for name in OF_A_RUN}
    given = [name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"]
    if given:
        options = ", ".join(f"--{name}" for name in given)
        raise WrongUsageError(
            f"{options} moves the chains of a run; draws that are made are judged as they are"
        )
    with checking_input():
        with waiting("Reading the draws"):
            from landscape_app.physics.chain_statistics import judge_chains
            from landscape_app.session.chains_file import read_chains

            draws = read_chains(files)
        with waiting(f"Judging {counted(draws.chains, 'chain')} of {counted(draws.draws, 'draw')}"):
            found = judge_chains(draws)
    if as_json:
        print(json.dumps(found.figures(), ensure_ascii=False, indent=2))
    else:
        _print_chains(found)
    raise typer.Exit(DONE if found.is_good else NOT_MIXED)


def _print_chains(found: ChainsDiagnosis) -> None:
    """The finding, what it does not say, and a row for each quantity, the worst first where there are many."""
    console = piped_console()
    heading = f"{found.name}: {counted(found.chains, 'chain')} of {counted(found.draws, 'draw')}"
    for text in (heading, capitalised(found.sentence), found.unsaid, *found.notes):
        console.print(printable(text), markup=False, soft_wrap=True, style="bold" if text is heading else "")
    rows = list(found.quantities)
    if len(rows) > MOST_ROWS:
        rows.sort(key=lambda row: -row.r_hat)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("quantity", no_wrap=True)
    for title in ("mean", "± MCSE", "sd", "bulk ESS", "tail ESS", "R-hat", "τ, steps"):
        table.add_column(title, justify="right", no_wrap=True)
    for row in rows[:MOST_ROWS]:
        table.add_row(
            Text(printable(row.name)),
            *row.rounded,
            shown(row.deviation, ".3g"),
            shown(row.bulk, ",.0f"),
            shown(row.tail, ",.0f"),
            shown(row.r_hat, ".3f"),
            shown(row.autocorrelation_time, ",.1f"),
        )
    console.print()
    console.print(table)
    if len(found.quantities) > MOST_ROWS:
        print(
            f"The {MOST_ROWS} quantities of the largest R-hat, of {len(found.quantities):,}; --json has all."
        )


def _figures(record: ConvergenceRecord) -> str:
    energies = " ".join(f"{name} {energy:+.1f}" for name, energy in record.energies.items())
    text = f"⟨H⟩ − training: {energies} nats · {record.round_trips:,} round trips"
    return text if record.diagnosis is None else f"{text} · R-hat {shown(record.diagnosis.r_hat, '.3f')}"


def _sections(session: Session, record: ConvergenceRecord) -> dict[str, Rows]:
    diagnosis, thermometry = record.diagnosis, record.thermometry
    assert diagnosis is not None
    assert record.match is not None
    assert thermometry is not None
    assert record.cross_entropy is not None
    quantities = [
        (
            row.name,
            f"R-hat {shown(row.r_hat, '.3f')}, effective samples {row.effective_sample_size:,.0f}, "
            f"autocorrelation time {shown(row.autocorrelation_time, '.1f')} steps",
        )
        for row in diagnosis.quantities
    ]
    ladder = [
        ("temperatures", f"{len(record.betas)}, β from 0 to 1"),
        ("swap rates", f"{record.swap_rates.min():.2f} to {record.swap_rates.max():.2f}"),
        ("round trips", f"{record.round_trips:,}"),
        ("acceptance at β = 1", f"{diagnosis.acceptance_rate:.0%}"),
    ]
    return {
        f"Convergence: {diagnosis.sentence}": [
            ("steps", f"{record.steps:,}"),
            *quantities,
            *_means(diagnosis),
        ],
        f"Model: {record.match.sentence}": _matches(record.match),
        "Ladder": ladder,
        "Entropy": _entropy(session, thermometry, record.cross_entropy)
        + _exact(record.exact, session.dataset.judging_set),
    }


def _means(diagnosis: Diagnosis) -> Rows:
    """The mean that is furthest off in one of the starts."""
    if not diagnosis.means:
        return []
    row = max(diagnosis.means, key=lambda row: abs(row.shifts[row.furthest]))
    return [
        (
            "starts' means",
            f"{row.name} from {row.furthest} off by {row.shifts[row.furthest]:+.2f} ± {row.error:.2f} standard "
            f"deviations (p = {row.probability:.2g}), none by more than {diagnosis.limit:.2f} (95%)",
        )
    ]


def _matches(found: Match) -> Rows:
    def row(mean: MeanMatch) -> tuple[str, str]:
        if not mean.mixed:
            return mean.name, _of_starts(mean)
        beside = f"{mean.errors:.1f} errors, {mean.deviations:.2f} deviations"
        if mean.is_share:
            return mean.name, f"{_percent(mean.chains)}; data {_percent(mean.data)}: {beside}"
        form = f".{mean.decimals}f"
        chains = f"{mean.chains:{form}} {mean.unit}".rstrip()
        return mean.name, f"{chains}; data {mean.data.value:{form}}: {beside}"

    return [row(mean) for mean in (*found.means, *found.shares)]


def _of_starts(mean: MeanMatch) -> str:
    """Means of the starts, of chains that have not mixed: a mean over all of them is none of the model."""
    if mean.is_share:
        return f"{mean.lowest:.1%} to {mean.highest:.1%} by start; data {_percent(mean.data)}"
    low, high, data = (f"{value:.{mean.decimals}f}" for value in (mean.lowest, mean.highest, mean.data.value))
    return f"{low} to {high} {mean.unit}".rstrip() + f" by start; data {data}"


def _percent(share: Estimate) -> str:
    return f"{100 * share.value:.1f} ± {100 * share.error:.1f}%"


def _entropy(session: Session, thermometry: Thermometry, cross_entropy: Estimate) -> Rows:
    from landscape_app.data.columns import log_unit

    space, words = session.space, words_of(session.dataset.kind, session.dataset.items.shape[1:])
    if space.is_discrete:
        most_possible = f"uniform {space.label} have {space.sites * math.log(space.levels):.1f}"
    else:
        most = session.model.base_measure.entropy().plus(log_unit(session.dataset.columns))
        most_possible = f"the base measure has {most:.2f}"
    log_z, entropy = thermometry.log_partition, thermometry.entropy
    rows = [
        ("log Z", f"{log_z:.2f} nats{reason(log_z)}"),
        ("entropy S", f"{entropy:.2f} nats; {most_possible}"),
        (f"{session.dataset.judging_set} cross-entropy", f"{cross_entropy:.2f} nats {words.an_item}"),
    ]
    if space.is_discrete and not cross_entropy.is_bracket:
        nats_a_bit = space.sites * math.log(2)
        bits = Estimate(cross_entropy.value / nats_a_bit, cross_entropy.error / nats_a_bit)
        rows.append(("", f"{bits:.3f} bits a {words.site}"))
    return rows


def _exact(exact: ExactRecord | None, judging: str) -> Rows:
    if exact is None:
        return []
    return [
        (f"by {exact.method}", f"log Z {exact.log_partition:.4f} nats"),
        ("", f"entropy S {Estimate(exact.entropy, exact.entropy_error):.4f} nats"),
        ("", f"{judging} cross-entropy {exact.cross_entropy:.4f} nats"),
    ]
