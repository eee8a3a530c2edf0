"""What leaves the window by its File menu: samples of the chains on view; and whether an image has come from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox

from landscape_app.gui.frame import Frame
from landscape_app.gui.recent_states import RecentStates
from landscape_app.gui.verification_work import VerificationWork
from landscape_app.gui.verify_dialog import VerifyDialog
from landscape_app.runs import RunFileError, check_writable
from landscape_app.session.sample_file import are_pictures, check_ending

if TYPE_CHECKING:
    from landscape_app.gui.main_window import MainWindow

FOLDER = "A folder, one PNG for each chain (*)"
PICTURES = {
    "Mosaic (*.png)": ".png",
    FOLDER: "",
    "Animated GIF of the last states (*.gif)": ".gif",
}
IMAGES = "Images and samples (*.png *.gif *.jpg *.jpeg *.bmp *.npz *.h5);;All files (*)"
ARRAYS = {"NumPy arrays (*.npz)": ".npz", "HDF5 (*.h5)": ".h5"}


class ExportActions(QObject):
    """The entries, and the dialogs behind them.

    Args:
        window: whose chains.
        menu: to which the entries are added.
    """

    def __init__(self, window: MainWindow, menu: QMenu) -> None:
        super().__init__(window)
        self._window = window
        self._recent = RecentStates()
        self.dialog: VerifyDialog | None = None
        self._work: VerificationWork | None = None
        self.export = self._add(
            menu,
            "Export samples…",
            "Ctrl+Shift+X",
            "export-samples",
            "Write the chains on view as a mosaic, a folder of images, an animation, or arrays; every file says "
            "which model and composition made it",
        )
        self.export.triggered.connect(lambda: self.export_samples())
        self.verify = self._add(
            menu,
            "Verify image…",
            "",
            "verify-image",
            "Tell whether an image is generated: what it says of itself, or the evidence of the model on view",
        )
        self.verify.triggered.connect(lambda: self.verify_images())
        menu.addSeparator()

    def show_frame(self, frame: Frame) -> None:
        """Takes note of what the window shows."""
        self._recent.note(frame)

    def end(self) -> None:
        """Gives up what is still looked for."""
        if self._work is not None:
            self._work.stop()

    def export_samples(self) -> None:
        """Asks where to, and writes the chains on view there; a wrong ending is told at once."""
        frame = self._window.engine.frame
        if frame.facts is None:
            return
        forms = (PICTURES if are_pictures(frame.facts.space) else {}) | ARRAYS
        first = next(iter(forms.values()))
        name, form = QFileDialog.getSaveFileName(
            self._window, "Export samples", f"chains{first}", ";;".join(forms)
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
            text = str(error)
            QMessageBox.warning(self._window, "Not exported", text[:1].upper() + text[1:])
            return
        self._window.engine.export_samples(path, self._recent.past)

    def verify_images(self) -> None:
        """Asks which, and shows what they say or what the model on view has to say of them."""
        names, _ = QFileDialog.getOpenFileNames(self._window, "Verify images", "", IMAGES)
        if names:
            self.end()
            self._work = VerificationWork([Path(name) for name in names])
            self._window.engine.take_state(self._work.begin)
            self.dialog = VerifyDialog(self._work, self._window)
            self.dialog.show()

    def _add(self, menu: QMenu, text: str, key: str, name: str, tip: str) -> QAction:
        action = QAction(text, self._window)
        action.setObjectName(f"action-{name}")
        action.setToolTip(tip)
        if key:
            action.setShortcut(QKeySequence(key))
        menu.addAction(action)
        return action
