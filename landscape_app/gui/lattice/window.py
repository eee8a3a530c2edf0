"""The lattice window: a page on which spins move, and one of sweeps over temperature or field."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout

from landscape_app.gui.keyboard import keys_entry
from landscape_app.gui.lattice.live_page import LivePage
from landscape_app.gui.lattice.sweep_page import SweepPage
from landscape_app.gui.lattice.sweep_worker import SweepState, SweepWorker
from landscape_app.gui.lattice.worker import LatticeState, LatticeWorker
from landscape_app.gui.menus import MenuEntry, add_menus, pressing
from landscape_app.gui.messages import Message
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.banner import Banner
from landscape_app.gui.widgets.containers import Page, Pages
from landscape_app.gui.widgets.plots import EXPORT_KEYS, VIEW_KEYS
from landscape_app.gui.widgets.tool_window import ToolWindow
from landscape_app.language import tr
from landscape_app.session.lattice_sweep import cached_sweep

POLL_MILLISECONDS = 16


class LatticeWindow(ToolWindow):
    """Spins that move, and sweeps; spins pause while it is closed, and a sweep stops until it is resumed.

    Args:
        theme: colours.
        settings: where the geometry is remembered.
        cache: file of the last sweep; None for the user's cache.

    Attributes:
        shown: state of the lattice's worker that is on view; None before the first.
        shown_sweep: that of the sweep's.
    """

    def __init__(self, theme: Theme, settings: QSettings, cache: Path | None = None) -> None:
        super().__init__("lattice", tr("Ising lattice"), settings)
        self.shown: LatticeState | None = None
        self.shown_sweep: SweepState | None = None
        self.worker = LatticeWorker()
        self.sweeper = SweepWorker(cache or cached_sweep())
        self.banner = Banner()
        self.live = LivePage(theme)
        self.sweeps = SweepPage(theme)
        self.pages = Pages(
            [
                Page(
                    "lattice", tr("Lattice"), tr("Spins that move, and what they measure (Ctrl+1)"), self.live
                ),
                Page(
                    "sweeps",
                    tr("Sweeps"),
                    tr("Averages over temperature or field, sizes side by side (Ctrl+2)"),
                    self.sweeps,
                ),
            ]
        )
        self._lay_out()
        self._fill_menus()
        self._connect()
        self.place()
        self._timer = QTimer(self, interval=POLL_MILLISECONDS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._poll)
        self.worker.start()
        self.sweeper.start()

    def set_theme(self, theme: Theme) -> None:
        """Dresses what draws itself; the rest follows the application."""
        self.live.set_theme(theme)
        self.sweeps.set_theme(theme)

    def end(self) -> None:
        """Ends the threads, and closes the window for good."""
        self._timer.stop()
        self.worker.end()
        self.sweeper.end()
        super().end()

    def showEvent(self, event: QShowEvent) -> None:
        """Looks at the workers' states again."""
        super().showEvent(event)
        self._timer.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space plays or pauses the spins, where no control needs it."""
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if event.key() == Qt.Key.Key_Space and plain and self.live.isVisible():
            self.live.play_button.click()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Holds the spins, and stops the sweep."""
        self.worker.play(False)
        self.sweeper.stop()
        self._timer.stop()
        super().closeEvent(event)

    def _lay_out(self) -> None:
        layout = QVBoxLayout()
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self.pages)
        self.put_under(self.banner, layout)

    def _connect(self) -> None:
        live, worker, sweeps, sweeper = self.live, self.worker, self.sweeps, self.sweeper
        live.controls.chosen.connect(worker.take)
        live.controls.heated.connect(worker.set_temperature)
        live.controls.magnetised.connect(worker.set_field)
        live.controls.sampled.connect(worker.set_sampler)
        live.transport.played.connect(worker.play)
        live.transport.stepped.connect(worker.step_once)
        live.speed.changed.connect(worker.set_speed)
        sweeps.started.connect(sweeper.start_sweep)
        sweeps.resumed.connect(sweeper.resume)
        sweeps.stopped.connect(sweeper.stop)
        sweeps.refused.connect(lambda text: self.banner.show_message(Message("error", text)))
        sweeps.saved.connect(sweeper.save)
        sweeps.opened.connect(sweeper.open)
        sweeps.exported.connect(sweeper.export_table)
        sweeps.pictured.connect(sweeper.export_picture)

    def _fill_menus(self) -> None:
        live, sweeps = self.live, self.sweeps
        actions = add_menus(
            self,
            {
                tr("&Lattice"): [
                    pressing(tr("Play or pause"), "Space", live.play_button),
                    pressing(tr("One step"), ".", live.step_button),
                    pressing(tr("Begin anew"), "R", live.controls.reset_button),
                    None,
                    pressing(tr("Go to Tc"), "C", live.controls.critical_button),
                    pressing(tr("No field"), "0", live.controls.zero_button),
                    None,
                    MenuEntry(
                        tr("Export spins as PNG…"),
                        "Ctrl+Alt+E",
                        "export-spins",
                        lambda: live.picture.menu.ask("png"),
                        tr("The spins as a picture, with T and h above them"),
                    ),
                    MenuEntry(
                        tr("Export spins as CSV…"),
                        "",
                        "export-spins-table",
                        lambda: live.picture.menu.ask("csv"),
                        tr("Every spin with its lattice, row and column, as a table"),
                    ),
                    None,
                    MenuEntry(
                        tr("Close"),
                        "Ctrl+W",
                        "close",
                        self.close,
                        tr("Close the window; its spins pause, and a sweep stops until it is resumed"),
                    ),
                ],
                tr("&Sweep"): [
                    pressing(tr("Start"), "Ctrl+Return", sweeps.start_button),
                    pressing(tr("Stop or resume"), "Ctrl+.", sweeps.stop_button),
                    None,
                    pressing(tr("Open…"), "Ctrl+O", sweeps.open_button),
                    pressing(tr("Save…"), "Ctrl+S", sweeps.save_button),
                    pressing(tr("Export CSV…"), "Ctrl+E", sweeps.table_button),
                    pressing(tr("Export picture…"), "Ctrl+Shift+E", sweeps.picture_button),
                ],
                tr("&View"): [
                    pressing(tr("Lattice"), "Ctrl+1", self.pages.button("lattice")),
                    pressing(tr("Sweeps"), "Ctrl+2", self.pages.button("sweeps")),
                ],
                tr("&Help"): [keys_entry(self, (EXPORT_KEYS, VIEW_KEYS))],
            },
        )
        # As a shortcut of the window it would take from every button the key that presses it.
        actions[live.play_button.objectName()].setShortcutContext(Qt.ShortcutContext.WidgetShortcut)

    def _poll(self) -> None:
        """Shows the workers' states where they are new."""
        state, before = self.worker.state, self.shown
        if state is not before:
            self.shown = state
            self.live.show_state(state)
            if state.message is not None and (
                before is None or before.message_number != state.message_number
            ):
                self.banner.show_message(state.message)
                # The controls go back to what there is.
                self.live.controls.show_state(state)
        else:
            self.live.show_next()
        sweep, earlier = self.sweeper.state, self.shown_sweep
        if sweep is not earlier:
            self.shown_sweep = sweep
            self.sweeps.show_state(sweep)
            if sweep.message is not None and (
                earlier is None or earlier.message_number != sweep.message_number
            ):
                self.banner.show_message(sweep.message)
