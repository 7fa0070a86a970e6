"""Tests of the screen pop."""
