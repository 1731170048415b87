"""The contracts of all events: a module per publishing service, or per subject of one."""
