"""The door for programs: JSON Lines in, JSON Lines out, no database."""
