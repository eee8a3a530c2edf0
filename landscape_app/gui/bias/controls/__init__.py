"""The controls of every kind of field."""

from landscape_app.gui.bias.controls.choices import build_controls, new_field, title_of

__all__ = ["build_controls", "new_field", "title_of"]
