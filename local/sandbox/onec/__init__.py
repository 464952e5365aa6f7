"""The sandbox 1C: what it holds and how it writes that."""
