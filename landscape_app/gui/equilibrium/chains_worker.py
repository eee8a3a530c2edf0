"""Judges draws of chains and works out their plots in a thread: those on view, or those of a file."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from landscape_app.counting import capitalised, counted
from landscape_app.gui.worker import Worker, WorkerState, command
from landscape_app.language import tr
from landscape_app.physics.chain_statistics import ChainDraws, ChainsDiagnosis, judge_chains
from landscape_app.session.chain_plots import ChainPlots, Corner
from landscape_app.session.chains_file import read_chains, write_chains

REST = 5.0
"""Pause after draws on view were judged, in times that it took: the chains get the processor."""


@dataclass(frozen=True, eq=False)
class ChainsState(WorkerState):
    """Draws that are looked at, what they show, and their plots.

    Attributes:
        draws: what is judged; None for nothing.
        diagnosis: None where nothing of the draws can be judged.
        failure: why not, in words.
        plots: of the chosen quantity.
        corner: of the coordinates; None of fewer than two.
        file: name of what was opened last; empty for nothing.
        from_file: whether that is looked at, rather than the chains on view.
        busy: what is done, in words.
    """

    draws: ChainDraws | None = None
    diagnosis: ChainsDiagnosis | None = None
    failure: str = ""
    plots: ChainPlots | None = None
    corner: Corner | None = None
    file: str = ""
    from_file: bool = False
    busy: str = ""


class ChainsWorker(Worker[ChainsState]):
    """Opens, judges and writes draws of chains."""

    def __init__(self) -> None:
        super().__init__("chains", ChainsState())
        self._quantity = "energy"
        self._file: ChainDraws | None = None
        self._live: ChainDraws | None = None
        self._data: np.ndarray | None = None
        self._is_stale = False
        self._due = 0.0

    @property
    def timeout(self) -> float | None:
        """Seconds until draws on view are judged again; None where there are no new ones."""
        return max(0.0, self._due - time.perf_counter()) if self._is_stale else None

    def step(self) -> None:
        """Judges the latest draws on view, where it is time."""
        if self._is_stale and time.perf_counter() >= self._due:
            self._is_stale = False
            start = time.perf_counter()
            self._judge()
            now = time.perf_counter()
            self._due = now + REST * (now - start)

    @command()
    def open(self, paths: Sequence[Path]) -> None:
        """Reads a file of draws, or tables of a chain each, and looks at them; what is wrong with it is told.

        Raises:
            ValueError: it cannot be read, or is something else; what was looked at stays.
        """
        self.update(busy=tr("Reading {name} …", name=paths[0].name))
        try:
            self._file = read_chains(paths)
            self.update(file=self._file.name)
            if self._file.notes:
                self.tell("done", capitalised("; ".join(self._file.notes)))
            # What is wrong is plotted at once.
            self._quantity = ""
            self.look_at(True)
        finally:
            self.update(busy="")

    @command(replaces="show")
    def show(self, draws: ChainDraws | None, data: np.ndarray | None = None) -> None:
        """Takes the latest draws of the chains on view.

        Args:
            draws: None for none.
            data: of the same coordinates, shape (n, d); None for none.
        """
        self._live, self._data = draws, data
        if not self.state.from_file:
            self._is_stale = True

    @command(replaces="look")
    def look_at(self, from_file: bool) -> None:
        """Looks at what was opened last, or at the chains on view."""
        self.update(from_file=from_file and self._file is not None)
        self._is_stale = False
        self._judge()

    @command(replaces="choose")
    def choose(self, quantity: str) -> None:
        """Plots another quantity."""
        self._quantity = quantity
        draws = self.state.draws
        if draws is not None:
            self.update(plots=ChainPlots.of(draws, self._chosen(draws)))

    @command()
    def export(self, path: Path, attributes: Mapping[str, str]) -> None:
        """Writes the draws that are judged.

        Raises:
            ValueError: there are none, or they cannot be written there.
        """
        draws = self.state.draws
        if draws is None:
            raise ValueError(tr("there are no draws to write yet"))
        write_chains(path, draws.judged, {} if self.state.from_file else attributes)
        chains, count = counted(draws.chains, "chain"), counted(draws.judged.draws, "draw")
        self.tell(
            "done", tr("Wrote {chains} of {draws} to {name}", chains=chains, draws=count, name=path.name)
        )

    def _judge(self) -> None:
        draws = self._file if self.state.from_file else self._live
        if draws is None:
            self.update(draws=None, diagnosis=None, failure="", plots=None, corner=None)
            return
        diagnosis, failure = None, ""
        try:
            diagnosis = judge_chains(draws)
        except ValueError as error:
            failure = str(error)
        self.update(
            draws=draws,
            diagnosis=diagnosis,
            failure=failure,
            plots=ChainPlots.of(draws, self._chosen(draws, diagnosis)),
            corner=Corner.of(draws, None if self.state.from_file else self._data),
        )

    def _chosen(self, draws: ChainDraws, diagnosis: ChainsDiagnosis | None = None) -> str:
        """The quantity that was chosen last, where there is one of that name; else the worst or the first."""
        if self._quantity not in draws.quantities:
            is_poor = diagnosis is not None and not diagnosis.is_good
            worst = diagnosis.worst if diagnosis is not None and is_poor else None
            self._quantity = next(iter(draws.quantities)) if worst is None else worst.name
        return self._quantity
