"""Tools of the developer: the documentation site, its pictures, its tables."""
