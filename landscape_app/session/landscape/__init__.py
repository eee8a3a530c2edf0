"""Landscapes of a session: a plane, barriers, minima, dissection."""
