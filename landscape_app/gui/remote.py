"""The dialog in which a run on another machine is named, and reached through the user's own ssh."""

from __future__ import annotations

from PySide6.QtCore import QSettings, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCompleter,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from landscape_app.gui.messages import without_options
from landscape_app.gui.recent import MOST_RECENT, remember, remembered
from landscape_app.gui.widgets.containers import GrowingDialog, set_name
from landscape_app.gui.widgets.paragraph import Complaint, Paragraph
from landscape_app.language import tr
from landscape_app.runs.remote import USUAL_COMMAND, RemoteRun, RemoteTail, known_command

ADDRESSES = "remote/addresses"
"""Name of the addresses among the settings."""
POLL_MILLISECONDS = 50
WIDTH = 560
EXAMPLE = "ssh://user@host/path/run.h5"


class RemoteDialog(GrowingDialog):
    """Asks for a run on another machine, and connects to it.

    Args:
        settings: where addresses are remembered.
        parent: the window.

    Signals:
        received: a `RemoteTail` whose first state has come; whoever takes it closes it.
    """

    received = Signal(object)

    def __init__(self, settings: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("remote-run")
        self.setWindowTitle(tr("Open a run on another machine"))
        self.setMinimumWidth(WIDTH)
        self._settings = settings
        self._tail: RemoteTail | None = None
        self._timer = QTimer(self, interval=POLL_MILLISECONDS)
        self._timer.timeout.connect(self._poll)
        addresses = remembered(settings, ADDRESSES)
        self.address_line = set_name(QLineEdit("".join(addresses[:1])), "remote-address")
        self.address_line.setAccessibleName(tr("Address of the run"))
        self.address_line.setToolTip(
            tr(
                "<b>Address</b> of the run, such as {example}, or ssh://host/~/run.h5 below the home folder "
                "there.<br>The host may be a name of your ssh settings; the last {number} are offered as you write",
                example=EXAMPLE,
                number=MOST_RECENT,
            )
        )
        self.address_line.setPlaceholderText(EXAMPLE)
        completer = QCompleter(addresses, self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.address_line.setCompleter(completer)
        self.command_line = set_name(QLineEdit(), "remote-command")
        self.command_line.setAccessibleName(tr("Command on that machine"))
        self.command_line.setToolTip(
            tr(
                "<b>Command</b> that starts Landscape on that machine, where its name alone is not found there, such "
                "as /opt/venv/bin/landscape.<br>It is remembered for each host"
            )
        )
        self.command_line.setPlaceholderText(USUAL_COMMAND)
        self.note = set_name(
            Paragraph(
                tr(
                    "Through your own ssh program, with its keys and settings; nothing listens on a port. Landscape "
                    "must be installed there too. A host that asks for a password is reached once ssh has a key for "
                    "it."
                )
            ),
            "muted",
        )
        self.complaint = Complaint("remote-error", tr("Why it cannot be opened"))
        self.address_line.textChanged.connect(self._show_command)
        self.address_line.textChanged.connect(lambda _: self.complaint.show_fault(""))
        self.complaint.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.doing = set_name(Paragraph(""), "remote-doing")
        self.doing.setAccessibleName(tr("What is being done"))
        self.open_button = set_name(QPushButton(tr("Open")), "remote-open")
        self.open_button.setToolTip(tr("Connects, and shows the run as it is written there"))
        self.open_button.setDefault(True)
        self.open_button.clicked.connect(self._open)
        self.cancel_button = set_name(QPushButton(tr("Cancel")), "remote-cancel")
        self.cancel_button.setToolTip(tr("Ends the connection and closes this; the run on view stays"))
        self.cancel_button.setAutoDefault(False)
        self.cancel_button.clicked.connect(self.reject)
        self.finished.connect(self._leave)
        self._lay_out()
        self._show_command()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Address"), self.address_line)
        form.addRow(tr("Command there"), self.command_line)
        buttons = QHBoxLayout()
        buttons.addWidget(self.doing, 1)
        buttons.addWidget(self.open_button)
        buttons.addWidget(self.cancel_button)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.note)
        layout.addWidget(self.complaint)
        layout.addStretch(1)
        layout.addLayout(buttons)

    def connect_to(self, run: RemoteRun) -> None:
        """Connects to a run; `received` tells that its state has come."""
        self.address_line.setText(run.address)
        self.command_line.setText("" if run.command == USUAL_COMMAND else run.command)
        self.complaint.show_fault("")
        self._tail = RemoteTail(run)
        self._timer.start()
        self._show_connecting(tr("Connecting to {host} …", host=run.host))

    def _open(self) -> None:
        try:
            run = RemoteRun.at(self.address_line.text(), self.command_line.text())
        except ValueError as error:
            self.complaint.show_fault(f"{error}.")
            return
        self.connect_to(run)

    def _poll(self) -> None:
        """Looks whether the run has come."""
        tail = self._tail
        if tail is None:
            return
        try:
            if not tail.is_ready:
                share = tail.share
                if share is not None:
                    self.doing.setText(tr("Receiving {name}: {share:.0%}", name=tail.run.name, share=share))
                return
        except ValueError as error:
            self._leave()
            self.complaint.show_fault(f"{without_options(str(error))}.")
            self.address_line.setFocus()
            return
        remember(self._settings, ADDRESSES, tail.run.address)
        # From here on it is another's to close.
        self._tail = None
        self.received.emit(tail)
        self.accept()

    def _leave(self) -> None:
        """Ends the connection, if there is one."""
        self._timer.stop()
        if self._tail is not None:
            self._tail.close()
            self._tail = None
        self._show_connecting("")

    def _show_connecting(self, doing: str) -> None:
        self.doing.setText(doing)
        for widget in (self.address_line, self.command_line, self.open_button):
            widget.setEnabled(not doing)

    def _show_command(self) -> None:
        """Shows the command that has last worked on the host, unless another is being written."""
        try:
            known = known_command(RemoteRun.at(self.address_line.text(), USUAL_COMMAND).host)
        except ValueError:
            return
        if not self.command_line.isModified():
            self.command_line.setText("" if known == USUAL_COMMAND else known)
