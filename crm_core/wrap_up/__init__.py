"""After the call: disposition, note and next step, by a deadline that a queue's rules set."""
