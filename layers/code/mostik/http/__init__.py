"""Stage 4, the external API: client, auth, retry, classification, redaction, guard."""
