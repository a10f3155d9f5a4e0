"""The process: settings, composition, database, workers."""
