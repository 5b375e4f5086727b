"""
Sums move through products: what only one factor has is summed before the product.

  sum(a b) = a b that keeps less; a b = sum(a) b where the index is neither b's nor the result's;
  sum(a + b) = sum(a) + sum(b); sum(sum(a)) = sum(a)
"""

RULES = """
(rule ((= e (Sum m ab)) (= ab (Product k a b))) ((union e (Product m a b))) :ruleset reduce)
(rule ((= e (Product m a b)) (= i (indices a)) (= q (& i (| (indices b) m))) (!= q i))
      ((union e (Product m (Sum q a) b))) :ruleset reduce)
(rule ((= e (Sum m ab)) (= ab (Add a b))) ((union e (Add (Sum m a) (Sum m b)))) :ruleset reduce)
(rule ((= e (Sum m a)) (= a (Sum k b))) ((union e (Sum m b))) :ruleset reduce)
"""
