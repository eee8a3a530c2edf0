"""The keys of those widgets of the main window that take keys of their own."""

from __future__ import annotations

from landscape_app.gui.bias.brush import BRUSH_KEYS
from landscape_app.gui.bias.layer_card import LAYER_KEYS
from landscape_app.gui.image_landscape.energy_map_view import PIXEL_KEYS
from landscape_app.gui.image_landscape.image_strip import IMAGE_KEYS
from landscape_app.gui.image_landscape.map_plot import MAP_KEYS
from landscape_app.gui.landscape.axes import AXES_KEYS
from landscape_app.gui.widgets.ladder_view import LADDER_KEYS
from landscape_app.gui.widgets.mosaic import MOSAIC_KEYS
from landscape_app.gui.widgets.plot_menu import EXPORT_KEYS
from landscape_app.gui.widgets.plots import READING_KEYS
from landscape_app.gui.widgets.scrubber import HISTORY_KEYS

WIDGET_KEYS = (
    MOSAIC_KEYS,
    HISTORY_KEYS,
    LAYER_KEYS,
    BRUSH_KEYS,
    EXPORT_KEYS,
    READING_KEYS,
    LADDER_KEYS,
    MAP_KEYS,
    IMAGE_KEYS,
    PIXEL_KEYS,
    AXES_KEYS,
)
