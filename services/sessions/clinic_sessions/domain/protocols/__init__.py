"""Treatment protocols: versioned data."""
