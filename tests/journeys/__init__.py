"""Whole stories over real sockets, browsers and exchanges."""
