"""The dialog in which a model is given: an energy by a formula or a Python file, or couplings in a file."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from landscape_app.data.couplings import ENDINGS
from landscape_app.gui.trust import choose_code, is_trusted, write_template
from landscape_app.gui.widgets.accessible import ChoiceBox
from landscape_app.gui.widgets.containers import GrowingDialog, set_name
from landscape_app.gui.widgets.file_dialogs import ask_to_open
from landscape_app.gui.widgets.formula_field import FormulaField
from landscape_app.gui.widgets.numbers import NumberBox
from landscape_app.gui.widgets.paragraph import Complaint, ShortenedLabel
from landscape_app.language import tr
from landscape_app.models.energy import DEFAULT_WALL
from landscape_app.physics.formula import MOST_COORDINATES
from landscape_app.session.given import CODE_ENDING, GivenModel, read_given

FORMULA, CODE, TABLES = "formula", "code", "tables"
KINDS = {
    FORMULA: (tr("Formula"), tr("An energy as a formula of its coordinates, in nats.")),
    CODE: (tr("Python file"), tr("A file with a torch function energy(x), which is shown before it runs.")),
    TABLES: (
        tr("Couplings from a file"),
        tr(
            "J of coupled spins (.csv, .npy, or .h5 with J and h), or a restricted Boltzmann machine (.h5 with W, a, "
            "b)."
        ),
    ),
}
TABLE_FILES = tr("Tables ({endings});;All files (*)", endings=" ".join("*" + ending for ending in ENDINGS))
USUAL_SHAPE = (2,)
"""Of a configuration under a Python file, where nobody says another."""

FIRST_FORMULA = "x**4 - x**2 + y**2"
LEAST_WALL, MOST_WALL = 0.01, 1e4
WIDTH = 520


class OwnEnergyDialog(GrowingDialog):
    """Asks for a model that is given.

    Args:
        trusted: digests of Python that may run.
        parent: the window.

    Signals:
        given: a `GivenModel`, read; its Python, if it is any, is trusted.
    """

    given = Signal(object)

    def __init__(self, trusted: Collection[str] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("own-energy")
        self.setWindowTitle(tr("Energy of your own"))
        self.setMinimumWidth(WIDTH)
        self._trusted = trusted
        self._paths: dict[str, Path] = {}
        self.kind_box = set_name(ChoiceBox(), "own-kind")
        self.kind_box.setAccessibleName(tr("Kind of energy"))
        self.kind_box.setToolTip(tr("A formula, a Python function, or couplings in a file"))
        for name, (title, _) in KINDS.items():
            self.kind_box.addItem(title, name)
        self.kind_box.currentIndexChanged.connect(self._show_kind)
        self.about = set_name(QLabel(), "muted")
        self.about.setWordWrap(True)
        self.formula = FormulaField("own-formula", FIRST_FORMULA, MOST_COORDINATES)
        self.path = set_name(ShortenedLabel(), "muted")
        self.path.setAccessibleName(tr("File of the energy"))
        self.choose_button = set_name(QPushButton(tr("Choose file…")), "own-choose")
        self.choose_button.setToolTip(tr("Asks for the file; a Python file is shown before it runs"))
        self.choose_button.clicked.connect(self._choose)
        self.template_button = set_name(QPushButton(tr("Template…")), "own-template")
        self.template_button.setToolTip(
            tr("Writes a Python file to begin with, that runs as it is, where you say")
        )
        self.template_button.clicked.connect(self._begin_file)
        self._file = QWidget()
        row = QHBoxLayout(self._file)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.path, 1)
        row.addWidget(self.template_button)
        row.addWidget(self.choose_button)
        self.numbers_box = set_name(ChoiceBox(), "own-numbers")
        self.numbers_box.setAccessibleName(tr("Numbers of a configuration"))
        self.numbers_box.setToolTip(
            tr(
                "<b>Numbers</b> of a configuration: real coordinates within walls, spins −1 and +1, or for a machine "
                "units 0 and 1"
            )
        )
        self.numbers_box.currentIndexChanged.connect(self._show_walls)
        self.wall_box = set_name(NumberBox(LEAST_WALL, MOST_WALL), "own-wall")
        self.wall_box.setAccessibleName(tr("Walls of the box"))
        self.wall_box.setToolTip(
            tr(
                "<b>Walls</b> of the box, in the units of the coordinates: each is between minus this and plus "
                "this.<br>Good: so far out that the energy is some 10 nats above its lowest there"
            )
        )
        self.wall_box.setValue(DEFAULT_WALL)
        self.shape_line = set_name(QLineEdit(), "own-shape")
        self.shape_line.setAccessibleName(tr("Shape of a configuration"))
        self.shape_line.setPlaceholderText(tr("as the formula or table says"))
        self.shape_line.setToolTip(
            tr(
                "<b>Shape</b> of a configuration, such as 3, or 8x8 for a lattice that is shown as an image; left "
                "empty, as many numbers as the formula names or the table has, and 2 of a Python file"
            )
        )
        self.complaint = Complaint("own-error", tr("What is wrong"))
        self.open_button = set_name(QPushButton(tr("Open")), "own-open")
        self.open_button.setToolTip(tr("Draws samples of the model, and lets chains run on it at once"))
        self.open_button.setDefault(True)
        self.open_button.clicked.connect(self._open)
        self.cancel_button = set_name(QPushButton(tr("Cancel")), "own-cancel")
        self.cancel_button.setToolTip(tr("Closes this; the run on view stays"))
        self.cancel_button.setAutoDefault(False)
        self.cancel_button.clicked.connect(self.reject)
        self.choose_button.setAutoDefault(False)
        self.template_button.setAutoDefault(False)
        self.formula.judged.connect(self.open_button.setEnabled)
        self.formula.judged.connect(lambda _: self.complaint.show_fault(""))
        self._lay_out()
        self._show_kind()

    def show_kind(self, kind: str) -> None:
        """Turns to one of `KINDS`."""
        self.kind_box.setCurrentIndex(self.kind_box.findData(kind))

    @property
    def kind(self) -> str:
        """One of `KINDS`."""
        return str(self.kind_box.currentData())

    def take_file(self, path: Path) -> None:
        """Shows a file as the one that is chosen; nothing of it is read."""
        self._paths[self.kind] = path
        self._show_file()

    def _lay_out(self) -> None:
        self._form = QFormLayout()
        self._form.addRow(tr("Kind"), self.kind_box)
        self._form.addRow(self.about)
        self._form.addRow("E(x) =", self.formula)
        self._form.addRow(tr("File"), self._file)
        self._form.addRow(tr("Numbers"), self.numbers_box)
        self._form.addRow(tr("Walls at ±"), self.wall_box)
        self._form.addRow(tr("Shape"), self.shape_line)
        note = set_name(
            QLabel(
                tr("There is nothing to train: samples of the model stand for data, and chains run at once.")
            ),
            "muted",
        )
        note.setWordWrap(True)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.open_button)
        buttons.addWidget(self.cancel_button)
        layout = QVBoxLayout(self)
        layout.addLayout(self._form)
        layout.addWidget(note)
        layout.addWidget(self.complaint)
        layout.addStretch(1)
        layout.addLayout(buttons)

    def _show_kind(self) -> None:
        kind = self.kind
        self.about.setText(KINDS[kind][1])
        self._form.setRowVisible(self.formula, kind == FORMULA)
        self._form.setRowVisible(self._file, kind != FORMULA)
        self.template_button.setVisible(kind == CODE)
        self.numbers_box.clear()
        usual = (
            (tr("Spins; units 0 and 1 of a machine"), None) if kind == TABLES else (tr("Coordinates"), False)
        )
        self.numbers_box.addItem(*usual)
        self.numbers_box.addItem(tr("Spins −1 and +1"), True)
        self._show_file()

    def _show_file(self) -> None:
        self.complaint.show_fault("")
        path = self._paths.get(self.kind)
        self.path.setText(tr("No file yet") if path is None else str(path))
        ready = not self.formula.fault if self.kind == FORMULA else path is not None
        self.open_button.setEnabled(ready)

    def _show_walls(self) -> None:
        self._form.setRowVisible(self.wall_box, self.kind != TABLES and not self.numbers_box.currentData())

    def _choose(self) -> None:
        if self.kind == CODE:
            path = choose_code(self, tr("the energy's file"))
        else:
            name = ask_to_open(self, tr("Choose the couplings' file"), "", TABLE_FILES)
            path = Path(name) if name else None
        if path is not None:
            self.take_file(path)

    def _begin_file(self) -> None:
        try:
            path = write_template(self, self._shape() or USUAL_SHAPE)
        except ValueError as error:
            self.complaint.show_fault(f"{error}.")
            return
        if path is not None:
            self.take_file(path)

    def _open(self) -> None:
        try:
            given = self._read()
        except ValueError as error:
            self.complaint.show_fault(f"{error}.")
            return
        code = given.code
        if code is None or is_trusted(self, code, self._trusted):
            self.given.emit(given)
            self.accept()

    def _read(self) -> GivenModel:
        """The model, of which nothing has run.

        Raises:
            ValueError: it is none.
        """
        energy: str | Path = self.formula.line.text() if self.kind == FORMULA else self._paths[self.kind]
        if self.kind == CODE and Path(energy).suffix.lower() != CODE_ENDING:
            raise ValueError(
                tr(
                    "{name} is no Python file; its name must end in {ending}",
                    name=Path(energy).name,
                    ending=CODE_ENDING,
                )
            )
        if self.kind == TABLES and Path(energy).suffix.lower() == CODE_ENDING:
            raise ValueError(
                tr(
                    "{name} is a Python file, not one of couplings; choose the kind above",
                    name=Path(energy).name,
                )
            )
        wall = self.wall_box.value()
        spins = self.numbers_box.currentData()
        return read_given(energy, low=-wall, high=wall, shape=self._shape(), spins=spins)

    def _shape(self) -> tuple[int, ...] | None:
        text = self.shape_line.text().strip()
        if not text:
            return None
        try:
            shape = tuple(int(side) for side in text.lower().replace("×", "x").split("x"))
        except ValueError as error:
            raise ValueError(
                tr("the shape must be whole numbers with x between, such as 8x8, not {text}", text=text)
            ) from error
        if not 1 <= len(shape) <= 2 or min(shape) < 1:
            raise ValueError(
                tr("the shape must be one or two positive numbers, such as 8x8, not {text}", text=text)
            )
        return shape
