"""Endpoint declaration, dispatch, problems, sessions, OpenAPI and live updates."""
