"""Argument names as a user writes them: pytree paths joined by '/'."""

from __future__ import annotations

import re

_KEY = re.compile(r"\['((?:[^'\\]|\\.)*)'\]|\[\"((?:[^\"\\]|\\.)*)\"\]|\[([^\]]*)\]|\.([A-Za-z_]\w*)")


def path_of(name: str) -> str:
    """
    The path that patterns match: the parameter's name and its pytree keys.

    "params['layer_0']['mlp'].wi[3]" is "params/layer_0/mlp/wi/3".
    """
    cut = re.search(r"[\[.]", name)
    if cut is None:
        return name
    keys = [next(part for part in match if part) for match in _KEY.findall(name[cut.start() :])]
    return "/".join([name[: cut.start()], *keys])
