"""Policy news."""
