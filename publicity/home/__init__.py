"""The portal's first page and its plain content pages."""
