"""Background jobs as rows, and the outbox."""
