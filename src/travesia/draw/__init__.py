"""How everything looks: tokens, SVG primitives, icons, and numbers in words.

The ground floor of every drawing. It knows colours, shapes and words, and nothing of journeys.
"""
