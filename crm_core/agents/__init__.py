"""The people at the phones: who they are, where they sit, what they are doing now."""
