"""`landscape train --plan`: memory, exchange and speed of a training, before anything is started."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from landscape_app.cli.errors import CommandError, checking_input
from landscape_app.cli.info import print_sections
from landscape_app.cli.options import Rows, plan_rows
from landscape_app.cli.progress import waiting
from landscape_app.counting import byte_size, counted

if TYPE_CHECKING:
    from landscape_app.data import Dataset
    from landscape_app.problems import Configuration
    from landscape_app.session.plan import RunPlan


def print_plan(
    configuration: Configuration, dataset: Dataset, ranks: int, device: str, as_json: bool
) -> None:
    """Prints the plan of a training on so many ranks, by trials of some epochs.

    Raises:
        WrongUsageError: the device does not exist, or there are fewer chains than ranks need.
        CommandError: training does not even begin.
    """
    import torch

    from landscape_app.learning.trainer import DivergenceError
    from landscape_app.session.api import planned
    from landscape_app.session.memory import NotEnoughMemoryError

    try:
        with checking_input(), waiting("Timing epochs"):
            plan = planned(configuration, dataset, ranks, device)
    except (DivergenceError, NotEnoughMemoryError) as error:
        raise CommandError(str(error).rstrip(".")) from error
    if as_json:
        print(json.dumps(plan.as_json(), indent=2))
        return
    whose = "Memory" if ranks == 1 else f"Memory of each of {ranks:,} ranks, at most"
    sections = {
        "Plan; nothing is trained or saved": plan_rows(
            configuration, dataset, plan.alone or 0.0, torch.device(plan.device)
        ),
        whose: _memory(plan),
    }
    if ranks > 1:
        sections["Sent by each rank in an epoch"] = _traffic(plan)
    sections["Speed"] = _speed(plan)
    print_sections(sections)


def _memory(plan: RunPlan) -> Rows:
    memory = plan.memory
    rows = [(name, byte_size(size)) for name, size in memory._asdict().items()]
    alone = "" if plan.ranks == 1 else f"; {byte_size(plan.memory_alone.total)} of one rank that does all"
    rows.append(("in all", f"{byte_size(memory.total)}{alone}"))
    if plan.resident is not None:
        rows.append(("and the program itself", f"{byte_size(plan.resident)} of the host's"))
    if plan.free is not None:
        enough = "" if plan.fits else ": too little; more ranks, fewer chains or a smaller network need less"
        rows.append((f"free on {plan.device}", f"{byte_size(plan.free)}{enough}"))
    return rows


def _traffic(plan: RunPlan) -> Rows:
    rows = [(part.name, byte_size(round(part.sent(plan.ranks)))) for part in plan.traffic]
    return [*rows, ("in all", byte_size(round(sum(part.sent(plan.ranks) for part in plan.traffic))))]


def _speed(plan: RunPlan) -> Rows:
    from landscape_app.problems.cost import LINKS
    from landscape_app.session.device import available_cores

    if plan.alone is None:
        return [("1 rank", "not tried: it needs more memory than is free")]
    rows = [("1 rank", f"{1 / plan.alone:.3g} epochs/s, measured")]
    for name in plan.links:
        link, seconds = LINKS[name], plan.seconds(name)
        exchanged = 1e3 * (seconds - plan.works[name].seconds(plan.ranks))
        # Trials give each rank a thread at least, as if there were a core for it.
        is_crowded = name == "loopback" and plan.ranks > available_cores()
        cores = counted(available_cores(), "core")
        short = f"; with a core for each rank, and here are {cores}" if is_crowded else ""
        rows.append(
            (
                counted(plan.ranks, "rank"),
                f"{1 / seconds:.3g} epochs/s by {link.name} ({link.parameters}): {exchanged:.2g} ms of "
                f"{1e3 * seconds:.3g} ms exchange{short}",
            )
        )
    return rows
