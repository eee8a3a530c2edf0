"""Where the import dialog begins: choose a file or a folder, or drop one; and what was wrong with the last one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from landscape_app.gui.importing.sorts import KINDS
from landscape_app.gui.widgets.naming import named
from landscape_app.gui.widgets.paragraph import Paragraph


class StartPage(QFrame):
    """Asks for data.

    Signals:
        chosen: the path of a file or folder.
    """

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("drop-zone")
        self.title = named(QLabel(), "heading")
        self.title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.message = named(Paragraph(""), "import-message")
        self.message.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.kinds = named(QLabel("<br>".join(KINDS)), "muted")
        self.kinds.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.folder = self._button("folder", "Choose a folder…", "A folder of images; subfolders are classes")
        self.file = self._button("file", "Choose a file…", "Arrays, images in MNIST's format, or a table")
        self.folder.clicked.connect(self._ask_folder)
        self.file.clicked.connect(self._ask_file)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.folder)
        buttons.addWidget(self.file)
        buttons.addStretch(1)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(self.message, 6)
        middle.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setSpacing(14)
        layout.addStretch(2)
        layout.addWidget(self.title)
        layout.addLayout(middle)
        layout.addLayout(buttons)
        layout.addWidget(self.kinds)
        layout.addStretch(3)
        self.ask()

    def ask(self) -> None:
        """Asks for data."""
        self.title.setText("Drop your data here")
        self._say("Landscape looks at what there is, and proposes a model of it.", "")

    def complain(self, path: Path, text: str) -> None:
        """Says what was wrong, and asks for other data."""
        self.title.setText(f"{path.name} cannot be used")
        self._say(text, "complaint")

    def _say(self, text: str, kind: str) -> None:
        self.message.setText(text)
        self.message.setProperty("kind", kind)
        self.message.style().unpolish(self.message)
        self.message.style().polish(self.message)

    def _button(self, name: str, text: str, tooltip: str) -> QPushButton:
        button = named(QPushButton(text), f"import-{name}")
        button.setToolTip(tooltip)
        return button

    def _ask_folder(self) -> None:
        self._take(lambda: QFileDialog.getExistingDirectory(self, "A folder of images"))

    def _ask_file(self) -> None:
        self._take(lambda: QFileDialog.getOpenFileName(self, "Data", "", DATA_FILES)[0])

    def _take(self, ask: Callable[[], str]) -> None:
        name = ask()
        if name:
            self.chosen.emit(Path(name))


DATA_FILES = (
    "Data (*.npy *.npz *.h5 *.hdf5 *.csv *.tsv *.txt *.gz *-ubyte *.idx *.idx1 *.idx3);;All files (*)"
)
