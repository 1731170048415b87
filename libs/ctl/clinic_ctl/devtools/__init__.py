"""Mail and tokens for a machine of one's own: an SMTP server that keeps what it gets, an issuer."""
