"""Where it runs: blocks of keyed paths, folds and scans over them, on threads here.

Knows keys and paths; customers and touchpoints are the record's words.
"""
