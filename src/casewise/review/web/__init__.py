"""The web app of a chart review: pages, sessions, and who may open what."""
