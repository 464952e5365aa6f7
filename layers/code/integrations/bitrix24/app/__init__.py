"""The application: its way in, its events, and what makes lost ones good."""
