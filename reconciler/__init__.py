"""Rythmiq reconciler."""
