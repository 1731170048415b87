"""Watching over patients: readings, what is due, alarms, and who is called."""

from clinic_sessions.handlers.watch.watching import Watching

__all__ = ["Watching"]
