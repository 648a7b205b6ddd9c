"""What is inside a file.  Runs in a child process; nothing here imports Django."""
