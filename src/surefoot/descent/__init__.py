"""The descent wing: where am I, which way, how far.  Knows vectors, nothing of networks."""
