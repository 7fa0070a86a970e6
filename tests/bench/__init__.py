"""Measured speed: each number stands beside a floor that was measured in the same run."""
