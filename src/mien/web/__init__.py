"""The studio in a browser, and its verbs over HTTP: one desk, sessions that expire, a server."""
