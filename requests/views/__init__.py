"""Customers' and agents' screens of requests."""
