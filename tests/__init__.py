"""Tests mirror the packages; journeys cross them over real sockets."""
