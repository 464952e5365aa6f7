"""A sandbox shop that differs from our model wherever it can: see ``oddshop``."""

from local.sandbox.oddshop.config import OddConfig
from local.sandbox.oddshop.oddshop import OddShop

__all__ = ["OddConfig", "OddShop"]
