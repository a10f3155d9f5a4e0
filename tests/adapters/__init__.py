"""The real adapters against the real simulator, each in its own process."""
