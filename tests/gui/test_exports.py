"""What leaves the real window by its File menu: samples in every form, and whether an image has come from it."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from landscape_app.gui import exports
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.sample_export import RecentStates, SampleOrder, Side, jump_figures
from landscape_app.gui.state import Activity, EngineState
from landscape_app.physics.space import Spins
from landscape_app.session import verification
from landscape_app.session.checkpoint import open_session
from landscape_app.session.pictures import read_picture
from landscape_app.session.provenance import Provenance, model_fingerprint
from landscape_app.session.provenance_in_files import read_provenance
from landscape_app.session.sample_file import SampleFile
from tests.gui.audit import unexplained, unreached
from tests.gui.driving import PATIENCE

KEYS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def export_to(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Path]:
    """Presses the key, and answers the dialog with a name and a form; waits until that is written."""

    def export(name: str, form: str = "") -> Path:
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / name), form))
        before = window.engine.state.message_number
        qtbot.keyClick(window, Qt.Key.Key_X, KEYS)
        qtbot.waitUntil(lambda: window.engine.state.message_number > before, timeout=PATIENCE)
        return tmp_path / name

    return export


def hold(window: MainWindow, qtbot: QtBot) -> np.ndarray:
    """Holds the chains; returns where they are."""
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.STILL, timeout=PATIENCE)
    snapshot = window.engine.state.snapshot
    assert snapshot is not None
    return snapshot.x


def test_chains_are_exported_in_every_form(
    window: MainWindow, qtbot: QtBot, small_run: Path, export_to: Callable[..., Path]
) -> None:
    window.steering.set_target(7)
    qtbot.waitUntil(lambda: window.engine.state.composition.target == 7, timeout=PATIENCE)
    qtbot.waitUntil(lambda: len(window.exports._recent.past.x) > 3, timeout=PATIENCE)
    x = hold(window, qtbot)
    fingerprint = model_fingerprint(open_session(small_run, "cpu").model)
    space = window.engine.state.facts.space  # type: ignore[union-attr]
    npz, mosaic, moving, hdf5 = (
        export_to(name, form)
        for name, form in (("all.npz", ""), ("all.png", ""), ("all.gif", ""), ("all.h5", ""))
    )
    folder = export_to("each", exports.FOLDER)
    with np.load(npz, allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["x"], x)
        energy = arrays["energy"]
    with h5py.File(hdf5) as file:
        np.testing.assert_array_equal(file["x"][:], x)
        np.testing.assert_array_equal(file["energy"][:], energy)
    np.testing.assert_array_equal(read_picture(mosaic, space).images, x)
    with Image.open(moving) as animation:
        assert animation.n_frames > 3  # type: ignore[attr-defined]
        animation.seek(animation.n_frames - 1)  # type: ignore[attr-defined]
        animation.convert("L").save(mosaic.with_name("last.png"))
    np.testing.assert_array_equal(read_picture(mosaic.with_name("last.png"), space).images, x)
    pictures = sorted(folder.iterdir())
    assert len(pictures) == len(x) == 100
    np.testing.assert_array_equal(read_picture(pictures[41], space).images, x[41:42])
    for path in (npz, mosaic, hdf5, pictures[0]):
        document = read_provenance(path)
        assert document is not None
        (source,) = document["sources"]
        assert source["model_sha256"] == fingerprint
        assert source["formula"] == window.engine.state.composition.formula
        assert document["sampling"]["kernel"] == window.engine.state.kernel.name  # type: ignore[union-attr]
        assert 1 <= document["sampling"]["effective_samples"] <= 100
    animated = read_provenance(moving)
    assert animated is not None
    assert animated["sources"][-1] == source
    qtbot.waitUntil(
        lambda: window.banner.text.text().startswith("Exported 100 samples to each, worth"), timeout=PATIENCE
    )


def test_number_size_and_ink_of_an_export_are_asked_for(
    window: MainWindow, qtbot: QtBot, export_to: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    x = hold(window, qtbot)
    space = window.engine.state.facts.space  # type: ignore[union-attr]
    asked: list[exports.ExportDialog] = []

    def answer(dialog: exports.ExportDialog) -> QDialog.DialogCode:
        assert dialog.count.value() == dialog.count.maximum() == len(x)
        assert unexplained(dialog) == []
        dialog.form.setCurrentText("NumPy arrays (*.npz)")
        assert not dialog.scale.isEnabled()
        dialog.form.setCurrentText(exports.FOLDER)
        dialog.count.setValue(9)
        dialog.scale.setValue(1)
        dialog.ink.setCurrentIndex(1)
        asked.append(dialog)
        return QDialog.DialogCode.Accepted

    monkeypatch.setattr(exports.ExportDialog, "exec", answer)
    pictures = sorted(export_to("nine", exports.FOLDER).iterdir())
    assert len(asked) == 1
    assert len(pictures) == 9
    for picture, image in zip(pictures, x, strict=False):
        with Image.open(picture) as found:
            light = np.asarray(found)
        assert light.shape == x.shape[1:]
        np.testing.assert_array_equal(light, np.rint(space.as_levels(image) * (255 / (space.levels - 1))))
    monkeypatch.setattr(exports.ExportDialog, "exec", lambda _: QDialog.DialogCode.Rejected)
    window.exports.export_samples()


def test_form_and_looks_are_proposed_as_they_were_chosen_last(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposed: list[tuple[str, int, int]] = []

    def answer(dialog: exports.ExportDialog) -> QDialog.DialogCode:
        proposed.append((dialog.form.currentText(), dialog.scale.value(), dialog.ink.currentIndex()))
        if len(proposed) == 1:
            dialog.form.setFocus()
            qtbot.keyClick(dialog.form, Qt.Key.Key_Down)
            dialog.scale.setFocus()
            dialog.scale.selectAll()
            qtbot.keyClicks(dialog.scale, "3")
            dialog.ink.setFocus()
            qtbot.keyClick(dialog.ink, Qt.Key.Key_Down)
        elif len(proposed) == 2:
            # Arrays have no looks: those of pictures stay.
            dialog.form.setCurrentText("NumPy arrays (*.npz)")
        else:
            dialog.form.setCurrentIndex(0)
            return QDialog.DialogCode.Rejected
        return QDialog.DialogCode.Accepted

    monkeypatch.setattr(exports.ExportDialog, "exec", answer)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    for _ in range(4):
        qtbot.keyClick(
            window, Qt.Key.Key_X, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        )
    usual = next(iter(exports.PICTURES))
    # The last two: what was looked at and given up is not remembered.
    assert proposed == [
        (usual, 0, 0),
        (exports.FOLDER, 3, 1),
        ("NumPy arrays (*.npz)", 3, 1),
        ("NumPy arrays (*.npz)", 3, 1),
    ]


def test_the_energies_are_those_of_the_composition(
    window: MainWindow, qtbot: QtBot, small_run: Path, export_to: Callable[..., Path]
) -> None:
    hold(window, qtbot)
    with np.load(export_to("model", "NumPy arrays (*.npz)").with_suffix(".npz")) as arrays:
        session = open_session(small_run, "cpu")
        expected = session.model_energy(torch.as_tensor(arrays["x"]).float())
        np.testing.assert_allclose(arrays["energy"], expected.detach().numpy(), rtol=1e-4, atol=1e-3)


def test_another_ending_and_a_closed_place_are_told_before_anything_is_written(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(QMessageBox, "warning", lambda *arguments: told.append(arguments[2]))
    for name in ("chains.txt", "missing/chains.png"):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, name=name: (str(tmp_path / name), ""))
        qtbot.keyClick(window, Qt.Key.Key_X, KEYS)
    assert "written to .npz, .h5, .csv, .png, .gif" in told[0]
    assert "there is no folder" in told[1]
    assert not (tmp_path / "chains.txt").exists()


def test_chains_that_train_are_exported_as_the_model_s_own(
    window: MainWindow, qtbot: QtBot, export_to: Callable[..., Path]
) -> None:
    window.engine.train()
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.TRAINING, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.engine.state.snapshot.training, timeout=PATIENCE)
    document = read_provenance(export_to("training.png"))
    assert document is not None
    assert document["sampling"]["training"] is True
    assert document["sources"][0]["formula"] == "H(x) = Σᵢ λᵢ fᵢ(x)"
    window.engine.pause()


def test_only_states_of_the_same_chains_are_kept(window: MainWindow, qtbot: QtBot) -> None:
    recent = RecentStates()
    hold(window, qtbot)
    state = window.engine.state
    recent.note(state)
    recent.note(state)
    assert recent.past is not None
    assert len(recent.past.x) == 1
    window.engine.restart("base", 16)
    qtbot.waitUntil(lambda: len(window.engine.state.snapshot.x) == 16, timeout=PATIENCE)
    recent.note(window.engine.state)
    assert recent.past.x.shape == (1, 16, 8, 8)


def test_the_window_verifies_images_in_the_command_s_words(
    window: MainWindow,
    qtbot: QtBot,
    tmp_path: Path,
    export_to: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (("SAMPLES", 48), ("STEPS", 2), ("PASSES", 1), ("FOLDS", 2)):
        monkeypatch.setattr(verification, name, value)
    hold(window, qtbot)
    marked = export_to("marked.png")
    with Image.open(marked) as picture:
        picture.save(tmp_path / "stripped.png")
    (tmp_path / "broken.png").write_bytes(b"nothing")
    names = [str(marked), str(tmp_path / "stripped.png"), str(tmp_path / "broken.png")]
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: (names, ""))
    window.findChild(QAction, "action-verify-image").trigger()  # type: ignore[union-attr]
    dialog = window.exports.dialog
    assert dialog is not None
    qtbot.waitUntil(dialog.isActiveWindow, timeout=PATIENCE)
    assert unexplained(dialog) == []
    assert unreached(dialog) == []
    qtbot.waitUntil(lambda: not dialog.progress.isVisible(), timeout=PATIENCE)
    told = dialog.text.text()
    for words in (
        "which is that of the run on view",
        "a mosaic of 100 images of 8 × 8 pixels",
        "of fresh samples are called real",
        "broken.png cannot be read",
    ):
        assert words in told
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.isHidden(), timeout=PATIENCE)


@pytest.mark.parametrize("families", [1, 2, 4, 100])
def test_some_of_samples_are_worth_what_kish_says_of_their_families(families: int) -> None:
    x = np.ones((100, 3), np.int8)
    samples = SampleFile(x, np.zeros(100, np.float32), Spins((3,)), float(families), Provenance(()))
    for n in (1, 10, 50, 100):
        some = SampleOrder(number=n).of(samples).effective_samples
        # Of n drawn at random, Σ m² is n + n (n − 1) (100 / families − 1) / 99 in the mean.
        assert some == pytest.approx(n / (1 + (n - 1) * (100 / families - 1) / 99))
        assert 1 <= some <= min(n, families)
    assert SampleOrder().of(samples).effective_samples == families


def test_figures_of_a_jump_are_said_to_be_those_of_the_jump(
    window: MainWindow, qtbot: QtBot, export_to: Callable[..., Path]
) -> None:
    window.steering.set_target(7)
    qtbot.waitUntil(lambda: window.engine.state.composition.target == 7, timeout=PATIENCE)
    hold(window, qtbot)
    steering = window.engine.state.steering
    assert steering is not None
    provenance = read_provenance(export_to("steered.npz"))
    assert provenance is not None
    qtbot.waitUntil(lambda: "at the jump" in window.banner.text.text(), timeout=PATIENCE)
    sampling = provenance["sampling"]
    assert sampling["ancestors_at_the_jump"] == steering.ancestors
    assert sampling["weighted_samples_at_the_jump"] == steering.weighted_samples
    assert sampling["effective_samples_at_the_jump"] == round(steering.effective_sample_size, 1)
    # Chains of the model alone have made none.
    assert jump_figures(EngineState(steering=steering)) == {}


def compare(window: MainWindow, qtbot: QtBot) -> tuple[np.ndarray, np.ndarray]:
    """Compares the model with sevens, and holds the chains; returns those of A and of B."""
    window.steering.set_comparing(True)
    qtbot.waitUntil(lambda: window.engine.state.compared is not None, timeout=PATIENCE)
    window.steering.set_target(7)
    qtbot.waitUntil(lambda: window.engine.state.composition.target == 7, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.exports._recent_of_a.past is not None, timeout=PATIENCE)
    b, compared = hold(window, qtbot), window.engine.state.compared
    assert compared is not None
    return compared.snapshot.x, b


def test_of_two_compositions_the_dialog_offers_either_or_both(
    window: MainWindow,
    qtbot: QtBot,
    tmp_path: Path,
    export_to: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wanted, asked = [0], []

    def answer(dialog: exports.ExportDialog) -> QDialog.DialogCode:
        asked.append([dialog.side.itemText(index) for index in range(dialog.side.count())])
        assert dialog.side.isVisibleTo(dialog)
        assert unexplained(dialog) == []
        dialog.side.setCurrentIndex(wanted[0])
        return QDialog.DialogCode.Accepted

    x = dict(zip("AB", compare(window, qtbot), strict=True))
    monkeypatch.setattr(exports.ExportDialog, "exec", answer)
    for wanted[0], sides in enumerate(("AB", "A", "B")):
        chosen = export_to(f"of{wanted[0]}.npz")
        names = {side: f"of{wanted[0]}-{side}.npz" if len(sides) > 1 else chosen.name for side in sides}
        assert {path.name for path in tmp_path.glob(f"of{wanted[0]}*")} == set(names.values())
        for side, name in names.items():
            with np.load(tmp_path / name, allow_pickle=False) as arrays:
                np.testing.assert_array_equal(arrays["x"], x[side])
            document = read_provenance(tmp_path / name)
            assert document is not None
            assert document["sources"][0]["formula"].endswith("log p(7 | x)") is (side == "B")
            assert ("ancestors_at_the_jump" in document["sampling"]) is (side == "B")
            # A banner that is about to be replaced says both.
            assert f"100 samples of {side} to {name}" in str(window.engine.state.message)
    assert asked[0] == ["A and B, a file each", "A: the model alone", "B: 7 (α = 4)"]
    wanted[0] = 0
    folder = export_to("each", exports.FOLDER)
    assert {part.name: len(list(part.iterdir())) for part in folder.iterdir()} == {"A": 100, "B": 100}
    moving = export_to("all.gif")
    for side in "AB":
        with Image.open(moving.with_stem(f"all-{side}")) as animation:
            assert animation.n_frames > 1  # type: ignore[attr-defined]


def test_files_beside_the_one_that_was_chosen_are_not_replaced_without_a_question(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare(window, qtbot)
    (tmp_path / "all-A.npz").write_text("mine")
    told: list[str] = []

    def refuse(*given: object) -> QMessageBox.StandardButton:
        told.append(str(given[2]))
        return QMessageBox.StandardButton.Cancel

    monkeypatch.setattr(QMessageBox, "question", refuse)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "all.npz"), ""))
    qtbot.keyClick(window, Qt.Key.Key_X, KEYS)
    qtbot.waitUntil(lambda: bool(told), timeout=PATIENCE)
    assert told == ["all-A.npz will be replaced."]
    assert (tmp_path / "all-A.npz").read_text() == "mine"
    assert not (tmp_path / "all-B.npz").exists()


def test_chains_of_a_comparison_that_has_ended_are_not_exported(window: MainWindow, tmp_path: Path) -> None:
    order = SampleOrder(".npz", sides=(Side.A,))
    with pytest.raises(ValueError, match="no longer compared"):
        window.engine._export_samples(tmp_path / "a.npz", order, {Side.A: None, Side.B: None})
