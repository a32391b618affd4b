"""A package for each page; none imports another."""
