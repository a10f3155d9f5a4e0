"""Machinery every service uses; nothing here knows a service."""
