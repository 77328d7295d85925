"""What happened: events, journeys, lenses and the catalogue."""
