"""Colours that everybody can tell apart (Okabe & Ito), never the only sign of anything.

On a screen of characters, often dark, the lighter pair; on white paper the darker pair.
"""

from __future__ import annotations

BLUE, ORANGE, GREY = "#56b4e9", "#e69f00", "#8a8a8a"
SIDE = {True: BLUE, False: ORANGE}  # right, wrong

INK, INK_BLUE, INK_ORANGE, INK_GREY, INK_FAINT = "#222222", "#0072B2", "#D55E00", "#6b6b6b", "#d0d0d0"
INK_SIDE = {True: INK_BLUE, False: INK_ORANGE}
