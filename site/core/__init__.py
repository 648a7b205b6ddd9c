"""The kernel: people, places, access, keys, history, log, jobs.  It knows no page and no child."""
