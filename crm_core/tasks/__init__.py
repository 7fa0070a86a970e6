"""What somebody must do, by when, and for whom."""
