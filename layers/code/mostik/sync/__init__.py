"""Links between resources, cross-references, and what is carried over."""
