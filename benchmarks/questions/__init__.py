"""The questions that are measured, each in a file."""
