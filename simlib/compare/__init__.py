"""What changed from one run to the next: which edit moved which headline by how much; no words, no files.

Each module answers one question: ``orders`` how a movement is shared out, ``figures`` what is compared, ``changes`` all
of it for two runs, ``rounding`` how parts are rounded so that they still add up.
"""
