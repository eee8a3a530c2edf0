"""Controls of every kind of field."""

from __future__ import annotations

from landscape_app.gui.steering.controls import (
    classes,
    columns,
    custom,
    discriminator,
    pixels,
    similarity,
    simple,
)
from landscape_app.gui.steering.controls.field_controls import FieldControls
from landscape_app.physics.fields import Field

CONTROLS: dict[type[Field], type[FieldControls]] = {
    controls.field_type: controls
    for file in (classes, discriminator, pixels, simple, similarity, columns, custom)
    for controls in file.CONTROLS
}
