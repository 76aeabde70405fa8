"""The fixed samples in characters, a card each: picture, outputs as tiny bars, the guess.

row 3: 7
<image>
▁    █ ▂      one bar per class, from 0 to 1
0123456789
✓ 7           right or wrong by mark and by colour
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from rich.text import Text

from surefoot.arrays import Array
from surefoot.views.chart import Block, beside
from surefoot.views.guesses import Guess
from surefoot.views.palette import GREY, SIDE
from surefoot.views.portrait import portrait

EIGHTHS = " ▁▂▃▄▅▆▇█"
LEAST, MOST = 4, 10  # lines of an image


@dataclass(frozen=True)
class Deck:
    """How many cards, and how large; chosen once for all of them."""

    cards: int
    width: int
    image: tuple[int, int]  # columns, lines; no lines: no image
    bars: int  # lines

    @property
    def lines(self) -> int:
        return self.image[1] + self.bars + 3


def deal(guesses: Sequence[Guess], width: int, lines: int) -> Deck | None:
    """The largest cards with which all samples fit, else the smallest, as many as fit; None: no room."""
    if not guesses or lines < 5:
        return None
    bars = 3 if lines > 13 else 2 if lines > 8 else 1
    k = max(len(guesses[0].outputs), 1)
    shape = None if guesses[0].image is None else guesses[0].image.shape
    sizes = [(columns, 0) for columns in (24, 20, 16, 12)]
    if shape is not None:
        sizes = [(max(1, round(2 * n * shape[1] / shape[0])), n) for n in range(MOST, LEAST - 1, -1)]
        sizes = [(w, n) for w, n in sizes if n + bars + 3 <= lines]
    decks = []
    for columns, rows in sizes:
        card = max(columns, min(k * max(1, 10 // k), 24), 10)
        decks.append(Deck(min(len(guesses), (width + 1) // (card + 1)), card, (columns, rows), bars))
    return max(decks, key=lambda d: d.cards, default=None)


def cards(guesses: Sequence[Guess], names: Sequence[str], deck: Deck, width: int, coloured: bool) -> Block:
    """The cards next to each other over the whole width."""
    shown = guesses[: deck.cards]
    gap = min(6, (width - deck.cards * deck.width) // max(deck.cards - 1, 1))
    blocks = [_card(g, names, deck, coloured) for g in shown]
    return beside(blocks, [deck.width] * len(blocks), gap)


def _card(guess: Guess, names: Sequence[str], deck: Deck, coloured: bool) -> Block:
    row = f"row {guess.row}: "
    fits = len(row) + len(guess.label) <= deck.width
    title = Text.assemble((row if fits else "", GREY), (guess.label, "bold"))
    image = guess.image
    picture = [] if image is None else _picture(image.tobytes(), image.shape, deck.image, coloured)
    verdict = Text(f"{guess.mark} {guess.predicted}", f"bold {SIDE[guess.right]}")
    return [title, *picture, *_bars(guess, names, deck), verdict]


@lru_cache(64)
def _picture(image: bytes, shape: tuple[int, int], size: tuple[int, int], coloured: bool) -> Block:
    """The sample's picture, made once: it stays while its outputs change."""
    return portrait(np.frombuffer(image).reshape(shape), *size, coloured)


def _bars(guess: Guess, names: Sequence[str], deck: Deck) -> Block:
    """One upright bar per class and its first letter below; too many classes share bars by the larger."""
    heights = np.clip(np.nan_to_num(np.asarray(guess.outputs, dtype=np.float64)), 0, 1)
    k = len(heights)
    if k > deck.width:
        heights = np.array([part.max() for part in np.array_split(heights, deck.width)])
    wide = max(1, deck.width // len(heights))
    lines = [
        Text("".join(c * wide for c in _slice(heights * deck.bars - level)), SIDE[guess.right])
        for level in range(deck.bars - 1, -1, -1)
    ]
    letters = "".join(name[:wide].ljust(wide) for name in names) if k == len(heights) else f"{k} classes"
    return [*lines, Text(letters, GREY)]


def _slice(levels: Array) -> list[str]:
    """The characters of one line of bars that reach `levels` above its foot."""
    return [EIGHTHS[round(8 * min(max(level, 0.0), 1.0))] for level in levels]
