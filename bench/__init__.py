"""Measurements in pairs: ours beside a floor or a peer, in one run, as ratios of medians."""
