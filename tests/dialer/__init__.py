"""Outbound campaigns."""
