"""The notifications service: what is written to people, when, and what was not and why."""
