"""What a number of compressed bytes is believed to hold."""

from __future__ import annotations

import pytest

from surefoot.data.files import CHUNK, require_plausible
from surefoot.errors import DataError

GIB = 1 << 30


@pytest.mark.parametrize(
    ("most", "compressed"),
    [
        (CHUNK, 0),  # a little is always believed: it costs nothing
        (1032 * 5_000 + CHUNK, 5_000),  # deflate's own limit
        (GIB, 2_000_000),  # much, and hardly any content: no further than 1 GiB
        (100 * 50_000_000, 50_000_000),  # real data
    ],
)
def test_so_much_is_believed_and_not_a_byte_more(most: int, compressed: int) -> None:
    require_plausible(most, compressed, "here")
    with pytest.raises(DataError, match="here says that it holds"):
        require_plausible(most + 1, compressed, "here")
