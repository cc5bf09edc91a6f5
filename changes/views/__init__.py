"""Agents' screens of changes."""
