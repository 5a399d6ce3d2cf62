"""Casewise: from medical records to a comparison that holds."""
