"""Enquiry, screening, consents, consultation, clearance."""
