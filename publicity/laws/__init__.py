"""Laws and their articles, explained in plain words."""
