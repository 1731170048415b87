"""The rules of outcomes: pure."""
