"""Stage 1, webhook in: signature schemes, handshakes, the door."""
