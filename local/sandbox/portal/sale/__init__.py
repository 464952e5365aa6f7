"""Orders of the online store behind ``sale.*``, and what joins them to deals."""
