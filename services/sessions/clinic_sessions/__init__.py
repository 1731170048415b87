"""Locations, protocols, plans, bookings and live sessions."""
