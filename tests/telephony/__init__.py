"""Tests of the telephony floor."""
