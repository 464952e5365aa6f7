"""Configured instances of integrations."""
