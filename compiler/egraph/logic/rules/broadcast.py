"""
Broadcasts and sums exchanged: a broadcast is a product with ones.

  1 (a b) = (1 a) b moves by `associate`, sum(a + 1 b) = sum(a) + sum(1 b) by `reduce`, and here
  sum_s(1_s) is the number of s; a 1_s that sums over s is sum_s(a); a 1 = a where a has the indices of 1 and keeps them

A number that the program's float does not hold exactly is not used.
"""

RULES = """
(rule ((= e (One k))) ((set (indices e) k)) :ruleset masks)
(rule ((= e (Sum m o)) (= o (One k)) (!= 0 m) (!= m k))
      ((union e (Product m (One m) (Sum 0 (One (^ k m)))))) :ruleset broadcast)
(rule ((= e (Sum m a)) (= m (indices a))) ((union e a)) :ruleset broadcast)
(rule ((= e (Product m a o)) (= o (One k)) (= i (indices a)) (= m i) (= k (& k m))) ((union e a)) :ruleset broadcast)
(rule ((= e (Product m a o)) (= o (One k)) (= i (indices a)) (= c (& (& k i) (^ k (& k m)))) (!= 0 c) (= k c))
      ((union e (Sum m a))) :ruleset broadcast)
(rule ((= e (Product m a o)) (= o (One k)) (= i (indices a)) (= c (& (& k i) (^ k (& k m)))) (!= 0 c) (!= k c))
      ((union e (Product m (Sum (^ i c) a) (One (^ k c))))) :ruleset broadcast)
"""
