"""The staff desk: commands and screens that span several ledgers."""
