"""Meeting rooms and what happens in them."""
