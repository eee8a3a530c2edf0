"""`landscape sample`: draws samples from a trained model, steered or not, into a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landscape_app.cli import given
from landscape_app.cli.common import (
    AUTO,
    DeviceOption,
    asking_for_trust,
    check_trained,
    open_given,
    read_composition_file,
    run_custom_fields,
    tell_device,
    use_all_cores,
)
from landscape_app.cli.errors import WrongUsageError, check_another, checking_input, working
from landscape_app.cli.progress import error_console, progress, waiting
from landscape_app.counting import counted
from landscape_app.session.vocabulary import choices

if TYPE_CHECKING:
    import numpy as np

    from landscape_app.physics.space import Space
    from landscape_app.session.composition import Composition
    from landscape_app.session.provenance import Provenance
    from landscape_app.session.records import SteeringRecord
    from landscape_app.session.sampling import Drawn, DrawRecord, DrawsRecorder, Samples
    from landscape_app.session.session import Session

MOST_SAMPLES = 100_000
MOST_STEPS = 1_000_000

DRAWS_ENDINGS = (".nc", ".zarr")
"""Of files of every draw of the chains."""

PROVENANCE = "provenance"
"""Attribute of such a file."""


class Start(StrEnum):
    """Starts of chains."""

    base = "base"
    noise = "noise"
    data = "data"
    chains = "chains"


@dataclass(frozen=True)
class Draw:
    """Marks that are drawn.

    Attributes:
        n: number of samples.
        steps: kernel steps of every chain.
        start: where chains start.
        kernel: a name in `KERNELS`; None takes the run's own.
        ladder: whether every chain has replicas at higher temperatures.
        seed: of every random number.
    """

    n: int
    steps: int
    start: str
    kernel: str | None
    ladder: bool
    seed: int


def sample(
    run: Annotated[
        Path | None,
        typer.Argument(
            metavar="RUN.h5",
            help="Run file of a trained model; none with --energy or --couplings.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT",
            show_default=False,
            help="Where to write: .npz or .h5 (arrays x and energy), .csv (a row each, of tables), .png (a mosaic of "
            "images), .gif (the mosaic as its chains move), a folder that there is (a .png of each), or .nc or .zarr "
            "(every draw of the chains, for ArviZ).",
        ),
    ] = None,
    epoch: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            show_default=False,
            help="Sample the model as it was after epoch N, of which the run keeps a snapshot; the model that was "
            "kept in the end if not said.",
        ),
    ] = None,
    energy: given.Energy = None,
    couplings: given.Couplings = None,
    box: given.Walls = None,
    shape: given.Shape = None,
    spins: given.OfSpins = False,
    n: Annotated[int, typer.Option("-n", metavar="N", help="Number of samples.")] = 100,
    steps: Annotated[int, typer.Option(metavar="S", help="Kernel steps that every chain makes.")] = 100,
    start: Annotated[
        Start,
        typer.Option(
            "--from",
            metavar="PLACE",
            help="Where chains start: the model's own samples (chains), the training data (data), "
            "the base measure (base), or noise (noise).",
        ),
    ] = Start.chains,
    target: Annotated[
        str | None,
        typer.Option(
            metavar="C", show_default=False, help="Class to steer to, by its name or number, such as 7."
        ),
    ] = None,
    strength: Annotated[
        float | None,
        typer.Option(metavar="A", show_default=False, help="How strongly: 1 is Bayes' rule; 4 if not said."),
    ] = None,
    temperature: Annotated[
        float, typer.Option(metavar="T", help="Temperature; below 1 more typical, above 1 more varied.")
    ] = 1.0,
    no_hamiltonian: Annotated[
        bool,
        typer.Option(
            "--no-hamiltonian",
            help="Leave the trained model out: the base measure alone, or, with --target, the classifier on it, "
            "which shows its blind spots.",
        ),
    ] = False,
    fixed: Annotated[
        list[str] | None,
        typer.Option(
            "--given",
            metavar="COLUMN=VALUE",
            show_default=False,
            help="A column that has a value in every sample, such as age=40; the others are drawn given these. Once "
            "for each column.",
        ),
    ] = None,
    composition: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.json",
            show_default=False,
            help="A composition that the window has saved: fields, strengths, temperatures.",
        ),
    ] = None,
    trust: Annotated[
        bool,
        typer.Option(
            "--trust",
            help="Run the Python file of --energy, of the run's own energy, or of user-defined fields that the "
            "composition names.",
        ),
    ] = False,
    kernel: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            show_default=False,
            help="Markov kernel, such as discrete-langevin for images or mala for points; the run's own if not said.",
        ),
    ] = None,
    ladder: Annotated[
        bool,
        typer.Option(
            help="Give every chain replicas at higher temperatures, up to the base measure, that it swaps with: "
            "so it crosses from one mode to another. Without, chains stay near where they start."
        ),
    ] = True,
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed gives the same samples.")] = 0,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print one JSON object instead of sentences: samples, effective_samples, and of those on_target and "
            "in class_shares their shares with errors (null where nothing is wanted of classes).",
        ),
    ] = False,
    device: DeviceOption = AUTO,
) -> None:
    """Draw samples from a trained model, or from an energy of your own, steered if you like.

    The arrays are x, the samples, and energy, of shape (N,): H(x) in nats of
    the Hamiltonian that was sampled, steering and temperature included. Only
    differences of energies have a meaning; effective_samples is the number of
    independent samples that they are worth: those of one ancestor count as
    one until they differ as others do, in every quantity and every pixel.
    Shares of samples on target are those that the classifier reads, ± the
    error of so many independent ones. Digits are integer grey levels, x of
    shape (N, 8, 8); points are their coordinates, spins −1 and +1.

    Every file says of itself that it is generated, by which model and under
    which composition; landscape verify reads it. A .csv has a column that says
    so, and numbers and words as the data had them.

    With .nc and .zarr the N chains are written draw by draw, in the second
    half of their steps, as ArviZ and landscape diagnose read them.

    \b
    Examples:
      landscape sample run.h5 -n 64 -o digits.png
      landscape sample run.h5 -n 1000 --target 7 --strength 3 -o sevens.npz
      landscape sample run.h5 -n 512 --from base --steps 300 -o fresh.h5
      landscape sample run.h5 -n 64 --target 7 -o sevens.gif
      landscape sample run.h5 -n 64 --epoch 48 -o early.png
      landscape sample run.h5 -n 4 --steps 2000 -o draws.nc
      landscape sample run.h5 -n 1000 --given age=40 --given sex=f -o at-40.csv
      landscape sample --energy "x**4 - x**2 + y**2" -n 1000 -o wells.npz
      landscape sample --couplings J.csv --shape 8x8 -n 64 -o spins.png
    """
    import numpy as np

    from landscape_app.runs import check_writable
    from landscape_app.session.memory import EXPORTING, memory_for
    from landscape_app.session.sample_file import SampleFile, check_ending, check_form, worth, write_samples

    draw = Draw(n, steps, start.value, kernel, ladder, seed)
    model = given.GivenOptions(energy, couplings, box, shape, spins, trust)
    model.check()
    if output is None:
        raise WrongUsageError("missing option '-o': say where to write, such as -o samples.npz")
    if (run is None) != model.is_made:
        raise WrongUsageError(
            "an energy of your own is sampled without a run; leave out RUN.h5, or --energy and --couplings"
            if model.is_made
            else "say what to sample: RUN.h5, a trained run, or --energy or --couplings"
        )
    if epoch is not None and run is None:
        raise WrongUsageError("--epoch is one of a run that was trained; give RUN.h5, or leave it out")
    every_draw = output.suffix.lower() in DRAWS_ENDINGS
    _check_numbers(draw)
    _check_steering(composition, target, strength, temperature, no_hamiltonian)
    with checking_input():
        if every_draw:
            _check_draws(output, draw)
        else:
            check_ending(output)
        for source in (run, couplings):
            if source is not None:
                check_another(output, source, "the run" if source is run else "the file of couplings")
        check_writable(output / "chain.png" if output.is_dir() and not every_draw else output)
    use_all_cores()
    from landscape_app.session.composition import DEFAULT_STRENGTH, Composition
    from landscape_app.session.sampling import joined

    with checking_input():
        session = _open(run, model, draw, device, epoch)
        _check_trust(session, trust, composition, model)
        if composition is None:
            alpha = DEFAULT_STRENGTH if strength is None else strength
            wanted = None if target is None else _class_of(target, session)
            composed = Composition.towards(wanted, alpha, temperature, not no_hamiltonian)
        else:
            composed = read_composition_file(composition, session)
        composed = _with_given(composed.named(session.class_names), fixed or (), session)
        if composed.hamiltonian and run is not None and epoch is None:
            check_trained(session, run)
        run_custom_fields(session, composed, trust)
        session.steer(composed)
        check_form(output, session.space)
        recorder = _recorder(session, draw) if every_draw else None
    history = _history_for(output, draw, session.space)
    jumps: list[SteeringRecord] = []
    with working():
        drawn = joined(list(_drawn(session, draw, jumps, history, recorder)), session.sampler)
    samples = SampleFile(
        x=drawn.x,
        energy=drawn.energy,
        space=session.space,
        effective_samples=drawn.effective_samples,
        provenance=_provenance(session, draw, composed),
        columns=session.dataset.columns,
        history=None if history is None else np.stack(history),
    )
    with working(), memory_for(EXPORTING):
        if recorder is None:
            write_samples(output, samples)
        else:
            from landscape_app.session.chains_file import write_chains

            write_chains(output, recorder.draws(output.name), {PROVENANCE: samples.provenance.to_json()})
    if as_json:
        print(json.dumps(_as_json(session, drawn, jumps), ensure_ascii=False, indent=2))
        return
    if jumps:
        _print_evidence(jumps)
    if drawn.shares is not None:
        from landscape_app.physics.estimate import share_in_words

        print(f"On target by the classifier: {share_in_words(drawn.shares.on_target)} of the samples")
    if every_draw:
        chains = counted(n, "chain")
        print(
            f"Wrote the draws of {chains} in {draw.steps // 2:,} steps to {output}; landscape diagnose judges them"
        )
        return
    count, formula = counted(n, "sample"), composed.formula_of(session.model.formula)
    print(f"Wrote {count} of {formula} to {output}, {worth(drawn.effective_samples, n)}")


def _with_given(composition: Composition, given: Sequence[str], session: Session) -> Composition:
    """The composition with fixed columns, each as COLUMN=VALUE.

    Raises:
        ValueError: there is no such column or value, or none is left free.
    """
    from landscape_app.session.composition import Layer, added
    from landscape_app.session.conditioning import fixed_columns

    if not given:
        return composition
    values: dict[str | int, str | float] = {}
    for said in given:
        name, sign, value = said.rpartition("=")
        if not sign or not name:
            raise ValueError(f"a fixed column is said as COLUMN=VALUE, such as age=40; got {said!r}")
        values[name.strip()] = value.strip()
    return added(composition, Layer(fixed_columns(session.dataset.columns, session.space, values)))


def _as_json(session: Session, drawn: Samples, jumps: list[SteeringRecord]) -> dict[str, Any]:
    """Figures of what was drawn, by name; None for what is not known."""
    jump = min(jumps, key=lambda jump: jump.effective_sample_size, default=None)
    none = {"on_target": None, "on_target_error": None, "class_shares": None}
    return {
        "formula": session.composition.formula,
        "samples": len(drawn.x),
        "effective_samples": drawn.effective_samples,
        "ancestors": None if jump is None else jump.ancestors,
        **(none if drawn.shares is None else drawn.shares.figures(session.class_names)),
    }


def _check_draws(output: Path, draw: Draw) -> None:
    """Refuses what draws cannot be written to, and steps too few to have draws."""
    from landscape_app.session.chains_file import check_chains_ending
    from landscape_app.session.sampling import LEAST_RECORDED

    check_chains_ending(output)
    if draw.steps < LEAST_RECORDED:
        raise WrongUsageError(f"draws are those of the second half of --steps; take more, got {draw.steps}")


def _recorder(session: Session, draw: Draw) -> DrawsRecorder:
    """Recorder of every draw of chains that all move side by side."""
    from landscape_app.session.sampling import DrawsRecorder, chains_at_once

    most = chains_at_once(session.space, draw.ladder)
    if draw.n > most:
        raise WrongUsageError(
            f"draws are those of chains side by side, at most {most:,}; lower -n, got {draw.n:,}"
        )
    return DrawsRecorder(session.space, draw.n, draw.steps, session.dataset.columns)


def _history_for(output: Path, draw: Draw, space: Space) -> list[np.ndarray] | None:
    """Recorder of an animation; None where there is none to be made."""
    if output.suffix.lower() != ".gif":
        return None
    from landscape_app.session.sampling import BATCH, chains_at_once

    most = chains_at_once(space, draw.ladder and draw.steps > 0)
    if draw.n > most:
        other = f"; up to {BATCH:,} with --no-ladder" if most < BATCH else ""
        raise WrongUsageError(
            f"an animation shows chains that move side by side, at most {most:,}{other}; lower -n, got {draw.n:,}"
        )
    return []


def _print_evidence(jumps: list[SteeringRecord]) -> None:
    """Demand of the composition on the model, for the worst batch."""
    jump = min(jumps, key=lambda jump: jump.effective_sample_size)
    print(
        f"Effective samples {jump.effective_sample_size:,.0f} of {jump.weighted_samples:,}; "
        f"{jump.ancestors:,} distinct ancestors of {jump.chains:,} chains"
    )
    if jump.is_poor:
        print("The model hardly contains this: train it longer, ask for less strength, or take more --steps.")


def _check_numbers(draw: Draw) -> None:
    if not 1 <= draw.n <= MOST_SAMPLES:
        raise WrongUsageError(f"-n must be a number of samples of 1 to {MOST_SAMPLES:,}, got {draw.n}")
    if not 0 <= draw.steps <= MOST_STEPS:
        raise WrongUsageError(
            f"--steps must be a number of kernel steps of 0 to {MOST_STEPS:,}, got {draw.steps}"
        )
    if not 0 <= draw.seed < 2**63:
        raise WrongUsageError(f"the seed must be a whole number from 0 to 2⁶³ − 1, got {draw.seed}")


def _check_steering(
    composition: Path | None,
    target: str | None,
    strength: float | None,
    temperature: float,
    no_hamiltonian: bool,
) -> None:
    """Refuses what contradicts itself, or would have no effect."""
    if composition is None:
        if strength is not None and target is None:
            raise WrongUsageError("--strength says how strongly to steer to a class; add --target C")
        return
    given = {
        "--target": target is not None,
        "--strength": strength is not None,
        "--temperature": temperature != 1,
        "--no-hamiltonian": no_hamiltonian,
    }
    wrong = [option for option, is_given in given.items() if is_given]
    if wrong:
        raise WrongUsageError(f"{composition} says all of H(x) already; leave out {', '.join(wrong)}")


def _check_trust(session: Session, trust: bool, composition: Path | None, model: given.GivenOptions) -> None:
    """Refuses trust where there is nothing that it could be about."""
    energy = session.configuration.given_energy
    if trust and composition is None and (energy is None or not energy.is_code):
        raise WrongUsageError(
            "--trust is about the user-defined fields of a composition; add --composition FILE.json"
            if not model.is_made
            else "--trust is about a Python file, and the energy is none; leave it out"
        )


def _class_of(target: str, session: Session) -> int:
    """The class of a name, else of a number; which numbers there are is for the field to say.

    Raises:
        WrongUsageError: there is no class of that name.
    """
    names = session.class_names
    if target in names:
        return names.index(target)
    try:
        return int(target)
    except ValueError as error:
        known = f"; {choices(target, names)}" if names else "; these data have no classes to steer to"
        raise WrongUsageError(f"no class is called {target!r}{known}") from error


def _open(run: Path | None, model: given.GivenOptions, draw: Draw, device: str, epoch: int | None) -> Session:
    """The session of the run, at an epoch where one is named, or of the model that is given.

    Its chains move as they are to.
    """
    from landscape_app.session.checkpoint import open_session
    from landscape_app.session.device import resolve_device

    resolve_device(device)
    if run is None:
        session = open_given(model, device, 100, draw.seed)
    else:
        with waiting(f"Opening {run.name}"), asking_for_trust(run):
            session = open_session(run, device, trust=model.trust)
        if epoch is not None:
            session = session.at_epoch(epoch)
    tell_device(session)
    if draw.kernel is not None:
        session.sampler.set_kernel(draw.kernel)
    session.sampler.seed(draw.seed)
    return session


def _drawn(
    session: Session,
    draw: Draw,
    jumps: list[SteeringRecord],
    history: list[np.ndarray] | None,
    recorder: DrawsRecorder | None,
) -> Iterator[Drawn]:
    """The samples, a batch after the other.

    Args:
        session: to draw from.
        draw: how.
        jumps: takes how each batch was steered.
        history: takes where the chains of a single batch were, as often as an animation shows them; None for none.
        recorder: takes every draw of a single batch; None for none.
    """
    from landscape_app.physics.host import to_host
    from landscape_app.session.sample_file import MOST_FRAMES
    from landscape_app.session.sampling import drawing

    stride = max(1, -(-draw.steps // (MOST_FRAMES - 2)))
    with progress(error_console(), "Sampling", 1.0) as report:
        for step, record in enumerate(drawing(session.sampler, draw.n, draw.steps, draw.start, draw.ladder)):
            if record.jump is not None and not session.composition.is_model:
                jumps.append(record.jump)
            if history is not None and (step % stride == 0 or step == draw.steps):
                history.append(to_host(session.space.compact(record.x)).numpy().copy())
            if recorder is not None and step:
                recorder.observe(step, record)
            report(record.share, _figures(record))
            if record.drawn is not None:
                yield record.drawn


def _figures(record: DrawRecord) -> str:
    parts = [f"energy {record.energy:.2f} nats"]
    if record.acceptance_rate is not None:
        parts.append(f"acceptance {record.acceptance_rate:.0%}")
    if record.replicas > 1:
        parts.append(f"{record.replicas} replicas")
    return " · ".join(parts)


def _provenance(session: Session, draw: Draw, composition: Composition) -> Provenance:
    from landscape_app.session.provenance import Identification, Provenance

    sampling: dict[str, str | int | float | bool] = {
        "samples": draw.n,
        "steps": draw.steps,
        "from": draw.start,
        "kernel": draw.kernel or session.configuration.kernel,
        "ladder": draw.ladder,
        "seed": draw.seed,
        "device": session.device.type,
    }
    identification = Identification(session.configuration.problem, session.dataset, session.trainer)
    return Provenance((identification.source(composition, session.model_epoch),), sampling)
