"""The chaos harness: the worker under kills, throttling, faults and outages."""
