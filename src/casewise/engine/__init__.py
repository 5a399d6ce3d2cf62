"""Engines run SQL and bring columns back. They know no medicine."""
