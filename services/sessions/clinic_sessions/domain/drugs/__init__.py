"""Controlled drugs: vials and their ledger, counts, incidents, the day's closing, duties."""
