"""
(a b) c = a (b c)

The inner product on the right keeps what a or the result needs: p = (b + c) * (a + m) as sets of indices. Only where b
and c share an index, so that no product is an outer one that was none; and only where c does not have an index that the
inner product sums over, which would be another one of the same name. One of the two products sums something:
elementwise ones are fused anyhow, whatever their order.
"""

RULES = """
(rule ((= e (Product m ab c)) (= ab (Product k a b))
       (= i (indices a)) (= j (indices b)) (= l (indices c))
       (!= 0 (| (^ k (| i j)) (^ m (| k l)))) (!= 0 (& j l)) (= 0 (& l (^ k (| i j)))) (= p (& (| j l) (| i m))))
      ((union e (Product m a (Product p b c)))) :ruleset associate)
"""
