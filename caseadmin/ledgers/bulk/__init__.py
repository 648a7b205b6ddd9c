"""One action on many records: number first, reasons, one change set, undone as one."""
