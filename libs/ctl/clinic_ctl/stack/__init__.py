"""The local stack: a broker, a database, mail, an issuer of tokens and the four services."""
