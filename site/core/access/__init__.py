"""The one rule that says who may see which rows."""
