"""The public vocabulary: a module for each service that speaks, or for each of its subjects."""
