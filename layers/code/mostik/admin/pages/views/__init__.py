"""One module for each item of the navigation."""
