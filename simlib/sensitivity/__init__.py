"""What matters: which uncertain figures move an answer, by futures drawn already or by designed ones; no decisions.

``given_data`` and ``swings`` read futures that are there already; ``designed``, ``shapley`` and ``ladder`` have futures
of their own worked out. Nothing is imported here, so that whoever needs one of them does not load them all.
"""
