"""One folder per external API; the core finds them and names none."""
