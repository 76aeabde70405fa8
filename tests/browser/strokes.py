"""A three as a hand draws it: strokes of points in a square of side 1."""

import math


def _arc(
    x: float, y: float, r: float, start: float, end: float, points: int = 14
) -> list[tuple[float, float]]:
    angles = [math.radians(start + (end - start) * i / (points - 1)) for i in range(points)]
    return [(x + r * math.cos(a), y + r * math.sin(a)) for a in angles]


THREE = [[*_arc(0.48, 0.32, 0.17, -150, 80), *_arc(0.48, 0.66, 0.19, -80, 150)]]
