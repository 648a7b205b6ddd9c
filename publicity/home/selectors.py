"""What the first page and the landing pages show."""
