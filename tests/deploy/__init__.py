"""Tests of what is shipped for operators: rules, dashboards, units, images."""
