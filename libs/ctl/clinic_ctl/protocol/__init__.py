"""A protocol as a file: checked on this machine, and rehearsed at the sessions service."""
