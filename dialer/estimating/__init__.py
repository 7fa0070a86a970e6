"""What the dialer learns from its own calls, from nothing: who answers, how soon, how long."""
