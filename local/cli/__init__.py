"""``python -m local``: the command line of a stack on this machine."""
