"""Anything found in one box: what is searched, how it is folded, asked for and put in order."""
