"""The order in which a back end runs the steps of a program."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

from eggshard.cost.fusion import Step


def breadth_first(steps: list[Step], late: Collection[int] = ()) -> list[Step]:
    """
    Each step as soon as it can run, first come first served: XLA's order on CPUs.

    Of the readers of one value those that make a node in `late` come last.

    It favours concurrency: what depends on arguments alone runs at the start and is kept until it is used.
    """
    place = {step.node: index for index, step in enumerate(steps)}
    users: list[list[int]] = [[] for _ in steps]
    missing = [0] * len(steps)
    for index, step in enumerate(steps):
        missing[index] = len(step.reads)
        for read in step.reads:
            users[place[read]].append(index)
    ready = deque(index for index, count in enumerate(missing) if not count)
    order: list[Step] = []
    while ready:
        index = ready.popleft()
        order.append(steps[index])
        for user in sorted(users[index], key=lambda user: (steps[user].node in late, user)):
            missing[user] -= 1
            if not missing[user]:
                ready.append(user)
    return order
