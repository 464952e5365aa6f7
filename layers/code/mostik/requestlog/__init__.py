"""Stage 5, the log: one entry for each exchange."""
