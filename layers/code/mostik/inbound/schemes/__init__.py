"""Signature schemes, one module for each family; ``catalogue`` knows them by name."""
