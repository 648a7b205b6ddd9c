"""Settings: base is safe for production, the others only adjust it."""
