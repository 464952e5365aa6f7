"""The trade catalogue behind ``catalog.*``: goods, prices, warehouses and inventory documents."""
