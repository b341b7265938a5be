"""Date and time formats: ISO order, 24 hours, always UTC."""
