"""The administrator's pages: HTML over the JSON API, rendered on the server."""
