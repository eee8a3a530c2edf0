"""Words on the last convergence test of a model, or on there being none."""

from __future__ import annotations

from collections.abc import Sequence

from landscape_app.counting import counted
from landscape_app.language import tr
from landscape_app.session.convergence import ConvergenceRecord
from landscape_app.session.journal import BestKept, Branched, Entry, Finished, StartsTested

NOT_TESTED = tr("Equilibrium not tested: Test convergence")


def describe_last_test(record: ConvergenceRecord | None, entries: Sequence[Entry], epoch: int) -> str:
    """A line on how far the model is known to be in equilibrium.

    Args:
        record: of the last test of the model as it is; None where it is not at hand.
        entries: of the run's journal, which say that there was a test, but not its verdict.
        epoch: epochs that the run has trained.
    """
    if record is not None and record.diagnosis is not None and record.match is not None:
        sentences = record.diagnosis.sentence, record.match.sentence
        verdicts = "; ".join(sentence.partition(":")[0] for sentence in sentences)
        return tr("Equilibrium tested at epoch {epoch:,}: {verdicts}", epoch=epoch, verdicts=verdicts)
    for entry in reversed(entries):
        if entry.epoch != epoch or isinstance(entry.action, BestKept | Branched | Finished):
            break
        if isinstance(entry.action, StartsTested):
            steps = counted(entry.action.steps, "step")
            return tr("Equilibrium tested before, over {steps}; its verdict is not in the file", steps=steps)
    return NOT_TESTED
