"""What every portal page shares: base page, blocks, site settings, template tags."""
