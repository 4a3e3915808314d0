"""The game in formats that other programs read."""
