"""Help in the window: welcome, glossary and papers."""
