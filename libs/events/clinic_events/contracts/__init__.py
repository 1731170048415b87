"""The public vocabulary, one module per service that speaks."""
