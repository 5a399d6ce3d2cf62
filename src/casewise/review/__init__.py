"""Chart review: forms, the reading desk, agreement, and the answers as records."""
