"""What sections say together, a module for each; single fields are checked where they are read.

Each check is a small function ``(Whole) -> Iterator[Complaint]``; each module lists its own as ``CHECKS``.
"""
