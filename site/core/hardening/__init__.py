"""What every answer, every log line and every start has to satisfy, whoever asks."""
