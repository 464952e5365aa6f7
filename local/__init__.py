"""Everything that runs Mostik on one machine: never shipped to Lambda."""
