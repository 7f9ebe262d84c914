"""What sections of a config say together, a module for each section; single fields are checked where they are read.

Each check is a small function ``(Whole) -> Iterator[Complaint]``; each module lists its own as ``CHECKS``.
"""
