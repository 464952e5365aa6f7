"""Deals, contacts, companies and what belongs to them."""
