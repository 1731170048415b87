"""The foundation of every service; it knows no noun of the clinic."""
