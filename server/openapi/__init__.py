"""The OpenAPI documents of the server, v2 and v3."""
