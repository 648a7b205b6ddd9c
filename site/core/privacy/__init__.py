"""Why personal information is kept, on what ground, and for how long: as dated data."""
