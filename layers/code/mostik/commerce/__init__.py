"""Canonical models of the trade."""
