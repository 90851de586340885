"""Tests of what others may ask of a daemon."""
