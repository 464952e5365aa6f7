"""Who a person is: OpenID Connect, sessions, and what a request must prove."""
