"""Messages, reminders and integration plans."""
