"""Campaigns and their dials."""
