"""The landscape of images: their map, barriers, minima, and what makes one of them unlikely."""
