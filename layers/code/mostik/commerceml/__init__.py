"""The exchange with 1C:Enterprise."""
