"""The day: facts, doses, readings."""
