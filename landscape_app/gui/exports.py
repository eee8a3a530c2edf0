"""Export of the chains on view, and verification of images, each behind its dialog."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QSettings
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QMessageBox,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from landscape_app.counting import capitalised
from landscape_app.gui.engine import Engine
from landscape_app.gui.sample_export import AS_USUAL, RecentStates, SampleOrder, Side
from landscape_app.gui.sampler.side_by_side import titles_of
from landscape_app.gui.state import EngineState
from landscape_app.gui.verify_dialog import VerificationWork, VerifyDialog
from landscape_app.gui.widgets.accessible import ChoiceBox
from landscape_app.gui.widgets.buttons import named_button
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.file_dialogs import ask_for_files, ask_to_save
from landscape_app.gui.widgets.paragraph import Paragraph
from landscape_app.language import tr
from landscape_app.runs import RunFileError, check_writable
from landscape_app.session.sample_file import check_ending

FOLDER = tr("A folder, one PNG for each chain (*)")
PICTURES = {
    tr("Mosaic (*.png)"): ".png",
    FOLDER: "",
    tr("Animated GIF of the last states (*.gif)"): ".gif",
}
FILMS = tr("Animated GIF (*.gif)")
IMAGES = tr("Images and samples (*.png *.gif *.jpg *.jpeg *.bmp *.npz *.h5);;All files (*)")
TABLE = {tr("Table (*.csv)"): ".csv"}
ARRAYS = {tr("NumPy arrays (*.npz)"): ".npz", "HDF5 (*.h5)": ".h5"}


SIDES = (Side.A, Side.B), (Side.A,), (Side.B,)
"""Choices of a dialog while two compositions are compared."""

COLOURED = 3
"""Sides of a coloured image."""

MOST_SCALE = 64

FORM, SCALE, LIGHT_INK = "export/form", "export/scale", "export/light-ink"
"""Names of what was chosen last among the settings."""


class ExportDialog(QDialog):
    """Asks for what is exported of the chains on view.

    Args:
        forms: endings of files by the words for them.
        chains: on view.
        of_pictures: whether the samples are pictures.
        has_ink: whether those are grey.
        parent: the window.
        compared: titles of A and of B, where two compositions are compared.
    """

    def __init__(
        self,
        forms: Mapping[str, str],
        chains: int,
        of_pictures: bool,
        has_ink: bool,
        parent: QWidget | None,
        compared: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("export-dialog")
        self.setWindowTitle(tr("Export samples"))
        self._forms, self._is_compared = forms, compared is not None
        self.side = set_name(ChoiceBox(), "export-side")
        self.side.setAccessibleName(tr("Whose chains"))
        self.side.setToolTip(
            tr("Two compositions are compared, each with chains of its own: whose are written")
        )
        # A long composition does not widen the dialog beyond what else is in it.
        self.side.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.side.addItems([tr("A and B, a file each"), *(compared or ("A", "B"))])
        self.form = set_name(ChoiceBox(), "export-form")
        self.form.addItems(list(forms))
        self.form.setAccessibleName(tr("Form"))
        self.form.setToolTip(tr("Form in which the samples are written"))
        self.count = set_name(QSpinBox(), "export-count")
        self.count.setRange(min(1, chains), chains)
        self.count.setValue(chains)
        self.count.setAccessibleName(tr("Number of samples"))
        self.count.setToolTip(tr("Chains on view that are written, from the first"))
        self.scale = set_name(QSpinBox(), "export-scale")
        self.scale.setRange(0, MOST_SCALE)
        self.scale.setSpecialValueText(tr("enlarged"))
        self.scale.setAccessibleName(tr("Pixels per site"))
        self.scale.setToolTip(tr("Pixels of a picture for one of an image: 1 gives the size of the data"))
        self.ink = set_name(ChoiceBox(), "export-ink")
        self.ink.addItems([tr("dark ink on light"), tr("light ink on dark")])
        self.ink.setAccessibleName(tr("Ink"))
        self.ink.setToolTip(tr("Light ink on dark shows each level as its own light, level 0 as black"))
        more = set_name(
            Paragraph(tr("For more samples, restart more chains, or use landscape sample.")), "muted"
        )
        rows = QFormLayout()
        rows.addRow(tr("Chains of"), self.side)
        rows.addRow(tr("Form"), self.form)
        rows.addRow(tr("Number of samples"), self.count)
        rows.addRow(tr("Pixels per site"), self.scale)
        rows.addRow(tr("Ink"), self.ink)
        rows.setRowVisible(self.side, compared is not None)
        rows.setRowVisible(self.scale, of_pictures)
        rows.setRowVisible(self.ink, has_ink)
        self.choose = named_button("export-choose", tr("Choose the file…"), tr("Say where it is written"))
        self.choose.setDefault(True)
        self.choose.clicked.connect(self.accept)
        self.cancel: QPushButton = named_button("export-cancel", tr("Cancel"), tr("Export nothing (Esc)"))
        self.cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.choose)
        layout = QVBoxLayout(self)
        layout.addLayout(rows)
        layout.addWidget(more)
        layout.addLayout(buttons)
        self.form.currentIndexChanged.connect(lambda _: self._follow())
        self._follow()

    def recall(self, settings: QSettings) -> None:
        """Proposes the form and looks that were chosen last, as far as they are among the choices."""
        endings = list(self._forms.values())
        ending = str(settings.value(FORM, endings[0]))
        if ending in endings:
            self.form.setCurrentIndex(endings.index(ending))
        scale = str(settings.value(SCALE, ""))
        self.scale.setValue(int(scale) if scale.isdecimal() else 0)
        self.ink.setCurrentIndex(int(settings.value(LIGHT_INK, False, bool) is True))

    def remember(self, settings: QSettings) -> None:
        """Remembers the form, and the looks where they were asked."""
        settings.setValue(FORM, self.order.ending)
        if self.scale.isEnabled():
            settings.setValue(SCALE, self.order.scale)
            settings.setValue(LIGHT_INK, self.order.light_ink)

    def _follow(self) -> None:
        """Asks for looks where they matter."""
        drawn = self._forms[self.form.currentText()] in PICTURES.values()
        self.scale.setEnabled(drawn)
        self.ink.setEnabled(drawn)

    @property
    def order(self) -> SampleOrder:
        """The wishes."""
        ending = self._forms[self.form.currentText()]
        light_ink = self.ink.currentIndex() == 1
        sides = SIDES[self.side.currentIndex()] if self._is_compared else AS_USUAL.sides
        return SampleOrder(ending, self.count.value(), self.scale.value(), light_ink, sides)


class Exports(QObject):
    """The dialogs that export samples and verify images.

    Args:
        engine: whose chains.
        window: over which the dialogs open.
        settings: where choices are remembered.
    """

    def __init__(self, engine: Engine, window: QWidget, settings: QSettings) -> None:
        super().__init__(window)
        self._settings = settings
        self._engine = engine
        self._window = window
        self._recent, self._recent_of_a = RecentStates(), RecentStates(Side.A)
        self.dialog: VerifyDialog | None = None
        self._work: VerificationWork | None = None

    def show_state(self, state: EngineState) -> None:
        """Takes note of what the window shows."""
        for recent in (self._recent, self._recent_of_a):
            recent.note(state)

    def end(self) -> None:
        """Gives up what is still looked for."""
        if self._work is not None:
            self._work.stop()

    def export_samples(self) -> None:
        """Asks where to, and writes the chains on view there; a wrong ending is told at once."""
        state = self._engine.state
        if state.facts is None:
            return
        space, snapshot = state.facts.space, state.snapshot
        forms = (PICTURES if space.is_picture else TABLE if len(space.shape) == 1 else {}) | ARRAYS
        has_ink = space.is_picture and len(space.shape) != COLOURED
        count = 0 if snapshot is None else len(snapshot.x)
        titles = None if state.compared is None else titles_of(state.compared.composition, state.composition)
        dialog = ExportDialog(forms, count, space.is_picture, has_ink, self._window, titles)
        dialog.recall(self._settings)
        wanted = dialog.exec() == QDialog.DialogCode.Accepted
        if wanted:
            dialog.remember(self._settings)
        order, chosen = dialog.order, dialog.form.currentText()
        # Without it the keys belong to no window where the system does not give them back.
        dialog.destroyed.connect(self._window.activateWindow)
        dialog.deleteLater()
        if not wanted:
            return
        forms = {chosen: order.ending, **forms}
        first = order.ending
        name, form = ask_to_save(self._window, tr("Export samples"), f"chains{first}", ";;".join(forms))
        if not name:
            return
        path = Path(name)
        try:
            is_folder = path.is_dir() or (not path.suffix and form == FOLDER)
            if not path.suffix and not is_folder:
                path = path.with_suffix(forms.get(form, first))
            if is_folder:
                path.mkdir(exist_ok=True)
            paths = order.paths(path)
            for one in paths:
                if is_folder:
                    one.mkdir(exist_ok=True)
                check_ending(one)
                check_writable(one / "chain.png" if is_folder else one)
        except (RunFileError, ValueError, OSError) as error:
            self._refuse(error)
            return
        there = [one.name for one in paths if one != path and one.is_file()]
        if there and not self._may_replace(there):
            return
        self._engine.export_samples(path, self._recent.past, order, self._recent_of_a.past)

    def _may_replace(self, names: list[str]) -> bool:
        """Asks about files of other names than the one that was chosen."""
        text = tr("{names} will be replaced.", names=tr(" and ").join(names))
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self._window, tr("Export samples"), text, buttons.Ok | buttons.Cancel, buttons.Cancel
        )
        return answer is buttons.Ok

    def export_film(self) -> None:
        """Asks where to, and writes the chains of every snapshot there as an animation."""
        name, _ = ask_to_save(self._window, tr("Export the training as a film"), "training.gif", FILMS)
        if not name:
            return
        path = Path(name).with_suffix(".gif")
        try:
            check_writable(path)
        except RunFileError as error:
            self._refuse(error)
            return
        self._engine.export_film(path)

    def _refuse(self, error: Exception) -> None:
        text = str(error)
        QMessageBox.warning(self._window, tr("Not exported"), capitalised(text))

    def verify_images(self) -> None:
        """Asks which, and shows what they say or what the model on view has to say of them."""
        names = ask_for_files(self._window, tr("Verify images"), "", IMAGES)
        if names:
            self.verify([Path(name) for name in names])

    def verify(self, paths: Sequence[Path]) -> None:
        """Shows what images or samples say of themselves, or what the model on view has to say of them."""
        self.end()
        self._work = VerificationWork(paths)
        self._engine.take_run(self._work.begin)
        self.dialog = VerifyDialog(self._work, self._window)
        self.dialog.show()
