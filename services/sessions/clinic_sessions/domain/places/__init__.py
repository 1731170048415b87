"""Places: what they have, who works there, when they are open."""
