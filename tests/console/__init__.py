"""Tests of the operators' console: over HTTP, and in a real browser."""
