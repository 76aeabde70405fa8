"""A three as a hand draws it: strokes of points in a square of side 1."""

import math
from typing import Any


def _arc(
    x: float, y: float, r: float, start: float, end: float, points: int = 14
) -> list[tuple[float, float]]:
    angles = [math.radians(start + (end - start) * i / (points - 1)) for i in range(points)]
    return [(x + r * math.cos(a), y + r * math.sin(a)) for a in angles]


THREE = [[*_arc(0.48, 0.32, 0.17, -150, 80), *_arc(0.48, 0.66, 0.19, -80, 150)]]


def draw_three(page: Any) -> None:
    """On the pad of the Draw panel, with the mouse."""
    box = page.locator(".pad").bounding_box()
    for stroke in THREE:
        at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*at[0])
        page.mouse.down()
        for place in at[1:]:
            page.mouse.move(*place, steps=4)
        page.mouse.up()
