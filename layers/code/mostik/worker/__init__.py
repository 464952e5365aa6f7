"""Stage 3, the worker: claim, run, settle."""
