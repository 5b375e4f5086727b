"""
Scalars move through products and sums: where a tensor is scaled is a matter of its size.

  (s a) b = s (a b); sum(s a) = s sum(a); s without indices

Only through products that sum something: elementwise ones are fused anyhow. x / c is x (1 / c) where c is a power of
two, to the last bit; elsewhere a quotient stays outside. Scalars alone: what has an index moves by `associate`, as far
as it shares it.
"""

RULES = """
(rule ((= e (Product m as b)) (= as (Product k a s)) (= 0 (indices s))
       (= k (indices a)) (= j (indices b)) (!= m (| k j)))
      ((union e (Product m (Product m a b) s))) :ruleset scale)
(rule ((= e (Product m ab s)) (= ab (Product m a b)) (= 0 (indices s))
       (= i (indices a)) (= j (indices b)) (!= m (| i j)))
      ((union e (Product m (Product i a s) b))) :ruleset scale)
(rule ((= e (Sum m as)) (= as (Product k a s)) (= 0 (indices s)) (= k (indices a)))
      ((union e (Product m (Sum m a) s))) :ruleset scale)
(rule ((= e (Product m a s)) (= a (Sum m b)) (= 0 (indices s)) (= i (indices b)))
      ((union e (Sum m (Product i b s)))) :ruleset scale)
"""
