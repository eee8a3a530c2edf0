"""Export of the chains on view, and verification of images, each behind its dialog."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from landscape_app.counting import capitalised
from landscape_app.gui.engine import Engine
from landscape_app.gui.sample_export import RecentStates
from landscape_app.gui.state import EngineState
from landscape_app.gui.verify_dialog import VerificationWork, VerifyDialog
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


class Exports(QObject):
    """The dialogs that export samples and verify images.

    Args:
        engine: whose chains.
        window: over which the dialogs open.
    """

    def __init__(self, engine: Engine, window: QWidget) -> None:
        super().__init__(window)
        self._engine = engine
        self._window = window
        self._recent = RecentStates()
        self.dialog: VerifyDialog | None = None
        self._work: VerificationWork | None = None

    def show_state(self, state: EngineState) -> None:
        """Takes note of what the window shows."""
        self._recent.note(state)

    def end(self) -> None:
        """Gives up what is still looked for."""
        if self._work is not None:
            self._work.stop()

    def export_samples(self) -> None:
        """Asks where to, and writes the chains on view there; a wrong ending is told at once."""
        state = self._engine.state
        if state.facts is None:
            return
        space = state.facts.space
        forms = (PICTURES if space.is_picture else TABLE if len(space.shape) == 1 else {}) | ARRAYS
        first = next(iter(forms.values()))
        name, form = QFileDialog.getSaveFileName(
            self._window, tr("Export samples"), f"chains{first}", ";;".join(forms)
        )
        if not name:
            return
        path = Path(name)
        try:
            if not path.suffix and form == FOLDER:
                path.mkdir(exist_ok=True)
            elif not path.suffix and not path.is_dir():
                path = path.with_suffix(forms.get(form, first))
            check_ending(path)
            check_writable(path / "chain.png" if path.is_dir() else path)
        except (RunFileError, ValueError, OSError) as error:
            self._refuse(error)
            return
        self._engine.export_samples(path, self._recent.past)

    def export_film(self) -> None:
        """Asks where to, and writes the chains of every snapshot there as an animation."""
        name, _ = QFileDialog.getSaveFileName(
            self._window, tr("Export the training as a film"), "training.gif", FILMS
        )
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
        names, _ = QFileDialog.getOpenFileNames(self._window, tr("Verify images"), "", IMAGES)
        if names:
            self.end()
            self._work = VerificationWork([Path(name) for name in names])
            self._engine.take_run(self._work.begin)
            self.dialog = VerifyDialog(self._work, self._window)
            self.dialog.show()
