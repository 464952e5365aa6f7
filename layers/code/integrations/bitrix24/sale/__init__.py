"""Orders of the portal's online store."""
