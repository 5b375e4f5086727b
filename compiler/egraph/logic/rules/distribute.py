"""a b + a c = a (b + c), for b and c of equal indices."""

RULES = """
(rule ((= e (Add ab ac)) (= ab (Product m a b)) (= ac (Product m a c)) (= (indices b) (indices c)))
      ((union e (Product m a (Add b c)))) :ruleset distribute)
(rule ((= e (Product m a bc)) (= bc (Add b c)) (= (indices b) (indices c)))
      ((union e (Add (Product m a b) (Product m a c)))) :ruleset distribute)
"""
