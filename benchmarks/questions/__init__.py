"""What is measured, each question in a file."""
