"""A location as a file: read, checked here, and sent to the sessions service."""
