"""What the public hands in through the portal."""
