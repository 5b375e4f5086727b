"""Products and sums in either order."""

RULES = """
(rule ((= e (Product m a b))) ((union e (Product m b a))) :ruleset commute)
(rule ((= e (Add a b))) ((union e (Add b a))) :ruleset commute)
"""
