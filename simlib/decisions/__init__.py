"""What must be true, and what to choose: questions about options that futures already drawn can answer.

Each module answers one of them and prints nothing; what matters most is in ``simlib.sensitivity``.
"""
