"""Light and dark: colours, palette and style sheet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

THEMES = ("auto", "light", "dark")

FUSION_DARKER = 140
"""Per cent by which Qt's style Fusion darkens the colour of a window for an edge."""

MOST_COLOURS = 16
"""Colours of one family that can be told apart."""


@dataclass(frozen=True)
class Theme:
    """The colours of one look, as #rrggbb.

    On `window`, `surface` and `raised`, the colours of texts and of curves have a contrast of 4.5 at least, and
    `faint`, that of the edges of controls, of 3; `border` parts what need not be seen to be parted.

    `results` tell results apart that are laid over one another, `classes` the classes of chains: ten that also people
    tell apart who see two kinds of colour only, each of a contrast of 3 on `paper` and `surface`; a search has made
    the least CIEDE2000 of any two as large as it found, as they are and mixed with 40% of the paper.
    """

    dark: bool
    window: str
    surface: str
    raised: str
    border: str
    text: str
    muted: str
    faint: str
    accent: str
    on_accent: str
    training: str
    held_out: str
    model: str
    other: str
    warning: str
    danger: str
    paper: str
    ink: str
    results: tuple[str, ...]
    classes: tuple[str, ...]

    @property
    def series(self) -> list[QColor]:
        """Distinguishable colours for curves of one family and their names, as many as there are."""
        hues = [(0.58 + 0.83 * i / MOST_COLOURS) % 1.0 for i in range(MOST_COLOURS)]
        return [QColor(_legible(hue, 0.55, 0.62 if self.dark else 0.44, self.surface)) for hue in hues]

    def class_colours(self, classes: int) -> list[QColor]:
        """A colour for each class; of more than ten, some share one."""
        return [QColor(self.classes[c % len(self.classes)]) for c in range(classes)]

    def ramp(self, steps: int) -> list[QColor]:
        """Colours from low to high, from blue over violet and red to orange, all equally legible as ink."""
        lightness = 0.64 if self.dark else 0.44
        return [QColor.fromHslF((0.58 + 0.5 * i / (steps - 1)) % 1.0, 0.75, lightness) for i in range(steps)]

    @property
    def ink_table(self) -> np.ndarray:
        """Colours from no ink to full ink, uint8, shape (256, 3)."""
        paper, ink = rgb(self.paper).astype(float), rgb(self.ink).astype(float)
        share = np.linspace(0, 1, 256)[:, None] ** 0.9
        return (paper + share * (ink - paper)).round().astype(np.uint8)


def rgb(colour: str | QColor) -> np.ndarray:
    """Red, green and blue of a colour, uint8, shape (3,)."""
    colour = QColor(colour)
    return np.array([colour.red(), colour.green(), colour.blue()], np.uint8)


LIGHT = Theme(
    dark=False,
    window="#eef0f3",
    surface="#ffffff",
    raised="#f5f6f8",
    border="#d3d8df",
    text="#1a1e25",
    muted="#5a6472",
    faint="#7a8390",
    # Of a brighter one Fusion would make a pale frame around a box that has the focus.
    accent="#1d5cc8",
    on_accent="#ffffff",
    training="#1f62d6",
    held_out="#b0500a",
    model="#0a745e",
    other="#7a4bb5",
    warning="#8f6000",
    danger="#c02626",
    paper="#ffffff",
    ink="#10151d",
    results=("#1f62d6", "#b0500a", "#0a745e", "#a3278f", "#7d6a00", "#0b7fa0"),
    classes=(
        "#9c8fb3",
        "#c159ff",
        "#31544d",
        "#cc8400",
        "#a52400",
        "#470000",
        "#672778",
        "#38a779",
        "#0007ff",
        "#010025",
    ),
)
DARK = Theme(
    dark=True,
    window="#14161a",
    surface="#1b1e24",
    raised="#242830",
    border="#343a44",
    text="#e7e9ee",
    muted="#9ca5b3",
    faint="#757e8b",
    accent="#6aa5ff",
    on_accent="#0c1420",
    training="#6aa5ff",
    held_out="#f0a35b",
    model="#4fd1b3",
    other="#b79bf0",
    warning="#e6b450",
    danger="#ff7b72",
    paper="#0d0f12",
    ink="#f4f2ea",
    results=("#6aa5ff", "#f0a35b", "#4fd1b3", "#f08fd8", "#d8cb5c", "#63c9e8"),
    classes=(
        "#a34c71",
        "#ba9377",
        "#f37c13",
        "#1affd9",
        "#fbea07",
        "#9704ff",
        "#cf1627",
        "#a385ff",
        "#ceffa9",
        "#70b1c8",
    ),
)


def luminance(colour: str | QColor) -> float:
    """Relative luminance of an sRGB colour, from 0 of black to 1 of white (WCAG 2.2)."""
    share = rgb(colour) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str | QColor, other: str | QColor) -> float:
    """Contrast of two colours, from 1 of equal ones to 21 of black and white (WCAG 2.2); text needs 4.5, a line 3."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@cache
def _legible(hue: float, saturation: float, lightness: float, surface: str) -> str:
    """A colour, made darker on a light surface, or lighter on a dark one, until text in it has a contrast of 4.5."""
    colour = QColor.fromHslF(hue, saturation, lightness)
    if contrast(colour, surface) >= 4.5:
        return colour.name()
    step = 0.01 if luminance(surface) < 0.2 else -0.01
    return _legible(hue, saturation, lightness + step, surface)


def resolve_theme(name: str) -> Theme:
    """The theme of that name; "auto" follows the desktop.

    Raises:
        ValueError: there is no such theme.
    """
    if name not in THEMES:
        raise ValueError(f"no theme is called {name!r}; choose from {', '.join(THEMES)}")
    if name == "auto":
        scheme = QGuiApplication.styleHints().colorScheme()
        return DARK if scheme == Qt.ColorScheme.Dark else LIGHT
    return DARK if name == "dark" else LIGHT


def apply_theme(application: QApplication, theme: Theme) -> None:
    """Dresses the whole application; where it is dressed so already, nothing has to be drawn anew."""
    sheet = _STYLE.format(**theme.__dict__)
    if application.styleSheet() == sheet:
        return
    application.setStyle("Fusion")
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: theme.window,
        QPalette.ColorRole.WindowText: theme.text,
        QPalette.ColorRole.Base: theme.raised if theme.dark else theme.surface,
        QPalette.ColorRole.AlternateBase: theme.raised,
        QPalette.ColorRole.Text: theme.text,
        QPalette.ColorRole.Button: theme.raised,
        QPalette.ColorRole.ButtonText: theme.text,
        QPalette.ColorRole.BrightText: theme.danger,
        QPalette.ColorRole.Highlight: theme.accent,
        QPalette.ColorRole.HighlightedText: theme.on_accent,
        QPalette.ColorRole.ToolTipBase: theme.raised,
        QPalette.ColorRole.ToolTipText: theme.text,
        QPalette.ColorRole.PlaceholderText: theme.muted,
        QPalette.ColorRole.Link: theme.accent,
        QPalette.ColorRole.Mid: theme.border,
        QPalette.ColorRole.Light: theme.raised,
        QPalette.ColorRole.Dark: theme.border,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText, QPalette.ColorRole.WindowText):
        faded = QColor(theme.muted)
        faded.setAlphaF(0.6)
        palette.setColor(QPalette.ColorGroup.Disabled, role, faded)
    application.setPalette(palette)
    # Fusion edges boxes in the colour of their window, made darker by this.
    palette.setColor(QPalette.ColorRole.Window, QColor(theme.faint).lighter(FUSION_DARKER))
    for boxes in ("QComboBox", "QAbstractSpinBox", "QCheckBox", "QRadioButton"):
        application.setPalette(palette, boxes)  # type: ignore[arg-type]
    application.setStyleSheet(sheet)
    pg.setConfigOptions(background=theme.surface, foreground=theme.muted, antialias=True)


_STYLE = """
QToolTip {{ background: {raised}; color: {text}; border: 1px solid {border}; padding: 6px; }}
QMainWindow::separator {{ background: {window}; width: 5px; height: 5px; }}
QMainWindow::separator:hover {{ background: {accent}; }}
QDockWidget {{ color: {muted}; font-weight: 600; }}
QDockWidget::title {{ background: {window}; padding: 6px 8px; }}
QToolBar {{ background: {surface}; border: 0; border-bottom: 1px solid {border}; padding: 5px 8px; spacing: 6px; }}
QToolBar QLabel {{ color: {muted}; }}
QMenuBar {{ background: {surface}; color: {text}; }}
QTabBar::tab {{ background: {window}; color: {muted}; padding: 5px 12px; border: 0; }}
QTabBar::tab:selected {{ color: {text}; border-top: 2px solid {accent}; }}
QMenuBar::item:selected, QMenu::item:selected {{ background: {accent}; color: {on_accent}; }}
QMenu {{ background: {surface}; color: {text}; border: 1px solid {border}; }}
QMenu::item {{ padding: 5px 24px 5px 18px; }}
QMenu::separator {{ height: 1px; background: {border}; margin: 4px 8px; }}
QStatusBar {{ background: {surface}; color: {muted}; border-top: 1px solid {border}; }}
QStatusBar::item {{ border: 0; }}
QPushButton, QToolButton {{ background: {raised}; color: {text}; border: 1px solid {faint};
  border-radius: 5px; padding: 4px 10px; }}
QPushButton:hover, QToolButton:hover {{ border-color: {accent}; }}
QPushButton:focus, QToolButton:focus {{ border: 2px solid {accent}; padding: 3px 9px; }}
QPushButton:checked, QToolButton:checked {{ background: {accent}; color: {on_accent}; border-color: {accent}; }}
QPushButton:disabled, QToolButton:disabled {{ color: {muted}; background: {window}; border-color: {border}; }}
QPushButton:checked:focus, QToolButton:checked:focus, QPushButton#train:focus, QPushButton#run:focus,
QPushButton#new-run-train:focus {{ margin: 2px; border: 1px solid {on_accent}; border-radius: 3px;
  background-clip: margin; padding: 2px 8px; }}
QPushButton#train {{ background: {accent}; color: {on_accent}; border-color: {accent}; font-weight: 600; }}
QPushButton#train:disabled {{ background: {window}; color: {muted}; border-color: {border}; }}
QToolButton[recording="true"] {{ background: {danger}; color: {on_accent}; border-color: {danger}; }}
QToolButton[quiet="true"], QToolButton[quiet="true"]:checked {{ background: transparent; color: {accent};
  border: 0; padding: 3px 7px; }}
QToolButton[quiet="true"]:disabled {{ color: {muted}; }}
QToolButton[quiet="true"]:focus {{ margin: 0; border: 2px solid {accent}; border-radius: 5px; padding: 1px 5px; }}
QPushButton[small="true"], QToolButton[small="true"] {{ padding: 3px 2px; }}
QPushButton[small="true"]:focus, QToolButton[small="true"]:focus {{ padding: 2px 1px; }}
QPushButton[small="true"]:checked:focus, QToolButton[small="true"]:checked:focus {{ padding: 1px 0; }}
QFileDialog QToolButton {{ padding: 2px; background: {faint}; }}
QToolButton#qt_toolbar_ext_button {{ padding: 0; border: 0; background: transparent; }}
QToolButton::menu-indicator {{ image: none; }}
QFrame#card, QFrame#hidden-table {{ background: {surface}; border: 1px solid {border}; border-radius: 8px; }}
QFrame#layer-line {{ border: 1px solid transparent; border-left-width: 3px; border-radius: 5px; }}
QFrame#layer-line[selected="true"] {{ background: {raised}; border-left-color: {accent}; }}
QFrame#layer-line:focus {{ border-color: {accent}; }}
QFrame#layer-line QLabel#title {{ font-weight: 400; }}
QLabel#badge {{ background: {accent}; color: {on_accent}; border-radius: 7px; padding: 0 7px; font-weight: 600; }}
QLabel#muted, QLabel#layer-handle {{ color: {muted}; }}
QLabel#title {{ color: {text}; font-weight: 600; }}
QLabel#title:disabled {{ color: {muted}; }}
QLabel#muted:disabled, QLabel#warning:disabled {{ color: {faint}; }}
QLabel#formula {{ color: {text}; font-size: 15px; }}
QLabel#figure {{ color: {text}; font-size: 17px; font-weight: 600; }}
QLabel#figure[kind="unsure"] {{ color: {muted}; font-weight: 400; }}
QLabel#warning, QLabel#muted[poor="true"] {{ color: {warning}; }}
QGraphicsView {{ border: 1px solid {surface}; }}
QGraphicsView:focus {{ border-color: {accent}; }}
QScrollArea {{ border: 0; background: transparent; }}
QSlider::groove:horizontal {{ height: 4px; background: {border}; border-radius: 2px; }}
QSlider::sub-page:horizontal {{ background: {accent}; border-radius: 2px; }}
QSlider::sub-page:horizontal:disabled {{ background: {border}; }}
QSlider::handle:horizontal {{ background: {accent}; width: 14px; height: 14px; margin: -5px 0;
  border-radius: 7px; }}
QSlider::handle:horizontal:disabled {{ background: {muted}; }}
QSlider::handle:horizontal:focus {{ background: {surface}; border: 3px solid {accent}; width: 8px; height: 8px; }}
QFrame#banner {{ background: {raised}; border: 1px solid {danger}; border-radius: 6px; }}
QFrame#banner QLabel {{ color: {text}; }}
QFrame#banner[kind="done"] {{ border-color: {model}; }}
QFrame#banner[kind="offer"] {{ border-color: {accent}; }}
QFrame#welcome, QFrame#lesson {{ background: {raised}; border: 1px solid {accent}; border-radius: 6px; }}
QFrame#welcome QLabel, QFrame#lesson QLabel {{ color: {text}; }}
QFrame#lesson QLabel#muted {{ color: {muted}; }}
QFrame#lesson QLabel#title {{ font-size: 15px; }}
QFrame#lesson QLabel#verdict[kind="good"] {{ color: {model}; }}
QFrame#lesson QLabel#verdict[kind="bad"] {{ color: {danger}; }}
QFrame#lesson QToolButton#lesson-end {{ border: 0; background: transparent; padding: 0 4px; }}
QLineEdit, QPlainTextEdit {{ background: {surface}; border: 1px solid {faint}; border-radius: 3px;
  padding: 2px 3px; }}
QLineEdit:focus, QPlainTextEdit:focus {{ border: 2px solid {accent}; padding: 1px 2px; }}
QAbstractSpinBox QLineEdit, QComboBox QLineEdit, QAbstractItemView QLineEdit {{ background: transparent; border: 0;
  padding: 0; }}
QCheckBox {{ spacing: 7px; color: {text}; }}
QLabel#heading {{ color: {text}; font-size: 19px; font-weight: 600; }}
QLabel#summary {{ color: {text}; }}
QLabel#verdict {{ color: {text}; font-size: 14px; font-weight: 600; }}
QLabel#verdict[kind="good"] {{ color: {model}; }}
QLabel#verdict[kind="bad"] {{ color: {danger}; }}
QLabel#verdict[kind="stopped"] {{ color: {warning}; }}
QLabel[kind="complaint"] {{ color: {danger}; }}
QPushButton#run, QPushButton#new-run-train {{ background: {accent};
  color: {on_accent}; border-color: {accent}; font-weight: 600; }}
QPushButton#run:disabled, QPushButton#new-run-train:disabled {{ background: {window};
  color: {muted}; border-color: {border}; }}
QFrame#drop-zone {{ border: 2px dashed {border}; border-radius: 12px; }}
QWidget#sheet {{ background: {window}; }}
QListWidget, QTableView {{ background: {surface}; color: {text}; border: 1px solid {border}; border-radius: 6px; }}
QListWidget:focus, QTableView:focus {{ border-color: {accent}; }}
QListWidget#experiments {{ border: 1px solid {surface}; border-right-color: {border}; border-radius: 0; }}
QListWidget#experiments:focus {{ border-color: {accent}; }}
QListWidget#results::item {{ padding: 5px 4px; border-left: 3px solid transparent; color: {text}; }}
QListWidget#results::item:hover {{ background: {raised}; }}
QListWidget#results::item:selected {{ background: {raised}; border-left: 3px solid {accent}; }}
QListWidget#import-columns::item {{ padding: 1px 2px; }}
QListWidget#import-columns::item:selected {{ background: {raised}; color: {text}; }}
QListWidget#import-columns::item:disabled {{ color: {muted}; }}
QListWidget#results::indicator, QListWidget#import-columns::indicator {{
  width: 13px; height: 13px; border: 1px solid {muted}; border-radius: 3px; }}
QListWidget#results::indicator:checked, QListWidget#import-columns::indicator:checked {{
  background: {accent}; border-color: {accent}; }}
QTableView {{ selection-background-color: {raised}; selection-color: {text}; }}
QTableView {{ gridline-color: {border}; }}
QTableView[records="true"] {{ selection-background-color: {accent}; selection-color: {on_accent}; outline: 0; }}
QHeaderView {{ background: {raised}; }}
QTableCornerButton::section {{ background: {raised}; border: 0; border-bottom: 1px solid {border}; }}
QHeaderView::section {{ background: {raised}; color: {muted}; border: 0; border-bottom: 1px solid {border};
  padding: 4px 4px; }}
QHeaderView::up-arrow, QHeaderView::down-arrow {{ subcontrol-origin: border; subcontrol-position: top center;
  width: 8px; height: 6px; }}
QProgressBar {{ background: {raised}; border: 0; border-radius: 2px; }}
QProgressBar::chunk {{ background: {accent}; border-radius: 2px; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {border}; border-radius: 3px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: 28px; }}
QScrollBar::handle:horizontal {{ min-width: 28px; }}
QScrollBar::handle:hover {{ background: {muted}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QSplitter::handle {{ background: {window}; }}
QSplitter::handle:hover {{ background: {accent}; }}
"""


def signed_colours(theme: Theme) -> np.ndarray:
    """Colours from negative over none to positive, uint8, shape (255, 3)."""
    paper = rgb(theme.paper).astype(float)
    share = np.linspace(0, 1, 128)[:, None]
    below = paper + share * (rgb(theme.accent) - paper)
    above = paper + share * (rgb(theme.danger) - paper)
    return np.concatenate([below[:0:-1], above]).round().astype(np.uint8)


def signed_range(values: np.ndarray) -> float:
    """The end of a scale around zero that holds all values, with one digit."""
    most = float(np.abs(values).max(initial=0.0))
    if most <= 0:
        return 1.0
    digit = 10.0 ** np.floor(np.log10(most))
    return float(np.ceil(most / digit) * digit)
