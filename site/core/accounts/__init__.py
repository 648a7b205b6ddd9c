"""Staff accounts, roles as data and the posts people hold."""
