"""a b + a c = a (b + c), for b and c of equal indices, and only where the products sum something."""

RULES = """
(rule ((= e (Add ab ac)) (= ab (Product m a b)) (= ac (Product m a c))
       (= j (indices b)) (= j (indices c)) (= i (indices a)) (!= m (| i j)))
      ((union e (Product m a (Add b c)))) :ruleset distribute)
(rule ((= e (Product m a bc)) (= bc (Add b c))
       (= j (indices b)) (= j (indices c)) (= i (indices a)) (!= m (| i j)))
      ((union e (Add (Product m a b) (Product m a c)))) :ruleset distribute)
"""
