"""Points drawn by hand: a canvas, an editor around it, and the window that hands them on."""
