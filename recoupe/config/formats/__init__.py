"""Dates and numbers of the languages that Django would otherwise write in another country's way."""
