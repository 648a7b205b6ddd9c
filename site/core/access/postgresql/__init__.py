"""Django's PostgreSQL backend, telling the database in whose scope each statement runs."""
