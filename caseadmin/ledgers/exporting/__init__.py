"""The one writer of every file this product hands out."""
