"""Plans and bookings: what a visit takes up, and when."""
