"""The network wing: networks as mathematics.  Knows arrays, nothing of optimisation or data."""

from surefoot.network.network import Network
from surefoot.network.parameters import Layout

__all__ = ["Layout", "Network"]
