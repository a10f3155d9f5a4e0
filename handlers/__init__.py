"""HTTP: one thin file per service; `base` is the machinery."""
