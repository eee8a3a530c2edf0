"""The report of the run on view: one page of HTML, written in a thread, and the offer to open it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QWidget

from landscape_app.counting import capitalised
from landscape_app.gui.engine import Engine
from landscape_app.gui.request_worker import Report, RequestWorker, RunOnView
from landscape_app.gui.widgets.file_dialogs import ask_to_save
from landscape_app.language import tr
from landscape_app.runs import RunFileError, atomic_write, check_writable
from landscape_app.session.memory import EXPORTING

POLL_MILLISECONDS = 40


class ReportWriter(QObject):
    """Asks where to, and writes the page there.

    Args:
        engine: whose run.
        window: over which the dialogs open.

    Attributes:
        offer: the question whether the page is to be opened, once one was written.
    """

    def __init__(self, engine: Engine, window: QWidget) -> None:
        super().__init__(window)
        self._engine, self._window = engine, window
        self._worker = RequestWorker("report of a run", work=EXPORTING)
        self.offer: QMessageBox | None = None
        self._timer = QTimer(self, interval=POLL_MILLISECONDS)
        self._timer.timeout.connect(self._poll)

    def ask(self) -> None:
        """Asks where to, and writes the report of the run as it is now."""
        state = self._engine.state
        facts = state.facts
        if facts is None:
            return
        known, source = facts.own_path, facts.usual_path
        name, _ = ask_to_save(
            self._window, tr("Write a report"), str(source.with_suffix(".html")), tr("Page (*.html)")
        )
        if not name:
            return
        path = Path(name) if Path(name).suffix else Path(name).with_suffix(".html")
        try:
            check_writable(path)
        except RunFileError as error:
            self._complain(str(error))
            return
        size = known.stat().st_size if known is not None and known.is_file() and not state.unsaved else None
        run = RunOnView(partial(self._engine.take_run, on_view=False))

        def work(report: Report) -> Path:
            # Half a second to import, which the window need not wait for.
            from landscape_app.experiments.run_page import page_of

            page = page_of(run.wait(report), source.name, size)
            with atomic_write(path) as part:
                part.write_text(page, encoding="utf-8")
            return path

        self._worker.ask(work)
        self._timer.start()

    def end(self) -> None:
        """Gives up what is being written."""
        self._timer.stop()
        self._worker.end()

    def _poll(self) -> None:
        answer = self._worker.take()
        if answer is None:
            return
        self._timer.stop()
        if not isinstance(answer.value, Path):
            self._complain(answer.failure)
            return
        self.offer_page(answer.value)

    def offer_page(self, path: Path) -> None:
        """Offers to open a page that was written."""
        box = self.offer = QMessageBox(
            QMessageBox.Icon.Information,
            tr("Report written"),
            tr("Wrote {name}.", name=path.name),
            parent=self._window,
        )
        box.setObjectName("report-written")
        box.setInformativeText(tr("The page holds all that it shows, and can be sent by mail."))
        opens = box.addButton(tr("Open it"), QMessageBox.ButtonRole.AcceptRole)
        opens.setObjectName("report-open")
        opens.setToolTip(tr("Open the page in the browser"))
        opens.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))))
        box.addButton(QMessageBox.StandardButton.Close)
        box.open()

    def _complain(self, text: str) -> None:
        QMessageBox.warning(self._window, tr("No report"), capitalised(text))
