"""What is shown of a place's day, and what was true or known at another time."""
