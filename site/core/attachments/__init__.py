"""Files on case rows: looked into, cleaned, encrypted, and handed out for a minute."""
