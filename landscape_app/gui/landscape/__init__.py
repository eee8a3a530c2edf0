"""The landscape of images: map, barriers, minima, dissection."""
