"""The public portal: pages, and what the public hands in. Knows no case data."""
