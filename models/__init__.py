"""Rules and persistence: one file per service; `base` is the machinery they share."""
