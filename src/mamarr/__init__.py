"""Mamarr: air corridors shared out between authorities who obey no common command.

Flight safety only. An advisory aid, not certified equipment.
"""

__version__ = "0.1.0"
