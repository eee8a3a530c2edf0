"""Draws between the engine, files, their worker and their page."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from landscape_app.counting import capitalised
from landscape_app.gui.equilibrium.chains_page import ChainsPage
from landscape_app.gui.equilibrium.chains_worker import ChainsState, ChainsWorker
from landscape_app.gui.state import EngineState
from landscape_app.gui.widgets.file_dialogs import ask_for_files, ask_to_save
from landscape_app.language import tr
from landscape_app.runs import RunFileError, check_writable
from landscape_app.session.chains_file import FORMS, check_chains_ending

FILES = tr("Draws of chains (*.nc *.npz *.csv);;All files (*)")


class ChainsController(QObject):
    """Has draws judged that the engine records or a file holds, and shows what is found.

    Signals:
        told: a `Message`.

    Args:
        page: where it is shown.
        window: over which dialogs open.
    """

    told = Signal(object)

    def __init__(self, page: ChainsPage, window: QWidget) -> None:
        super().__init__(window)
        self._page, self._window = page, window
        self.worker = ChainsWorker()
        self._shown: ChainsState = self.worker.state
        self._engine_state = EngineState()
        page.source_chosen.connect(self.worker.look_at)
        page.quantity_chosen.connect(self.worker.choose)
        page.open_wanted.connect(self.ask_for_files)
        page.export_wanted.connect(self.ask_to_export)

    def show_state(self, state: EngineState) -> None:
        """Has the draws judged that the engine has recorded since."""
        before, self._engine_state = self._engine_state, state
        if state.draws is before.draws:
            return
        data = None
        if state.draws is not None and state.draws.coordinates and state.facts is not None:
            items = state.facts.counted_items
            data = items.reshape(len(items), -1)
        self.worker.start()
        self.worker.show(state.draws, data)

    def poll(self) -> None:
        """Shows what was found since."""
        state, before = self.worker.state, self._shown
        if state is before:
            return
        self._shown = state
        self._page.show_chains(state)
        if state.message is not None and state.message_number != before.message_number:
            self.told.emit(state.message)

    def ask_for_files(self) -> bool:
        """Asks for files of draws and opens them; returns whether any were chosen."""
        names = ask_for_files(self._window, tr("Open draws of chains"), "", FILES)
        if names:
            self.open([Path(name) for name in names])
        return bool(names)

    def open(self, paths: list[Path]) -> None:
        """Opens a file of draws, or tables of a chain each."""
        self.worker.start()
        self.worker.open(paths)

    def ask_to_export(self) -> None:
        """Asks where to, and writes the draws that are judged there."""
        first = next(iter(FORMS.values()))
        name, form = ask_to_save(self._window, tr("Export the draws"), f"draws{first}", ";;".join(FORMS))
        if not name:
            return
        path = Path(name)
        if not path.suffix:
            path = path.with_suffix(FORMS.get(form, first))
        try:
            check_chains_ending(path)
            if path.suffix.lower() != ".zarr":
                check_writable(path)
        except (RunFileError, ValueError) as error:
            text = str(error)
            QMessageBox.warning(self._window, tr("Not exported"), capitalised(text))
            return
        state = self._engine_state
        source = None if state.snapshot is None else state.snapshot.source
        known = {} if state.facts is None else {"provenance": state.provenance(source, None).to_json()}
        self.worker.start()
        self.worker.export(path, known)

    def end(self) -> None:
        """Ends the thread."""
        self.worker.end()
