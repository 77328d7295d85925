"""What it means: one question a file."""
