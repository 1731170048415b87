"""Pure: when a letter may go, what it is made of, and how a message ends."""
