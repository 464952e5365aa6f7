"""Alerts: what needs a person, in words, by cause; told once, daily, and when it is over."""
