"""Warehouses and stock of a portal, with inventory management and without."""
