"""The list itself: pages of large ledgers, columns of a person, saved views."""
