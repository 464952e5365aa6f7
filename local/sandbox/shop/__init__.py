"""A sandbox shop: an external REST API of orders and customers with Standard Webhooks."""

from local.sandbox.shop.config import DEFAULT_SECRET, ShopConfig, ShopSubscription
from local.sandbox.shop.shop import ShopSandbox

__all__ = ["DEFAULT_SECRET", "ShopConfig", "ShopSandbox", "ShopSubscription"]
