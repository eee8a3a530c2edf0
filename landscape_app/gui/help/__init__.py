"""Help in the window: welcome, tour, glossary and papers."""
