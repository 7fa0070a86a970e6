"""What each kind of message does to the floor: one small module for each part of the trade."""
