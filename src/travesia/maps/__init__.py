"""What we believe: the map document, drafting it from data, measuring it, drawing it."""
