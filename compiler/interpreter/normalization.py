"""batch_norm_inference, batch_norm_training and batch_norm_grad, computed in f64."""

from __future__ import annotations

import numpy as np

from eggshard.interpreter.call import Call, Table
from eggshard.interpreter.numerics import narrow, widen
from eggshard.interpreter.values import Array


def exact(*arrays: Array) -> tuple[Array, ...]:
    return tuple(widen(x).astype(np.float64) for x in arrays)


def epsilon(call: Call) -> float:
    return float(call.attribute("epsilon").value.data)


class Features:
    """Parameters per feature against a tensor with a feature dimension."""

    def __init__(self, call: Call, rank: int):
        self.dim = call.integer("feature_index")
        self.others = tuple(dim for dim in range(rank) if dim != self.dim)
        self.rank = rank

    def spread(self, parameter: Array) -> Array:
        shape = [1] * self.rank
        shape[self.dim] = parameter.shape[0]
        return parameter.reshape(shape)


def inference(call: Call, operand: Array, scale: Array, offset: Array, mean: Array, variance: Array) -> Array:
    features = Features(call, operand.ndim)
    x, *parameters = exact(operand, scale, offset, mean, variance)
    s, o, m, v = map(features.spread, parameters)
    return narrow((x - m) / np.sqrt(v + epsilon(call)) * s + o, call.dtype())


def training(call: Call, operand: Array, scale: Array, offset: Array) -> tuple[Array, ...]:
    features = Features(call, operand.ndim)
    x, s, o = exact(operand, scale, offset)
    mean, variance = x.mean(axis=features.others), x.var(axis=features.others)
    normal = (x - features.spread(mean)) / np.sqrt(features.spread(variance) + epsilon(call))
    results = (normal * features.spread(s) + features.spread(o), mean, variance)
    return tuple(narrow(result, call.dtype(i)) for i, result in enumerate(results))


def gradient(
    call: Call, operand: Array, scale: Array, mean: Array, variance: Array, grad_output: Array
) -> tuple[Array, ...]:
    features = Features(call, operand.ndim)
    x, g, *parameters = exact(operand, grad_output, scale, mean, variance)
    s, m, v = map(features.spread, parameters)
    inverse = 1 / np.sqrt(v + epsilon(call))
    normal = (x - m) * inverse
    grad_scale, grad_offset = (g * normal).sum(axis=features.others), g.sum(axis=features.others)
    count = x.size / x.shape[features.dim]
    grad = s * inverse * (g - (features.spread(grad_offset) + normal * features.spread(grad_scale)) / count)
    return tuple(narrow(result, call.dtype(i)) for i, result in enumerate((grad, grad_scale, grad_offset)))


TABLE: Table = {
    "stablehlo.batch_norm_grad": gradient,
    "stablehlo.batch_norm_inference": inference,
    "stablehlo.batch_norm_training": training,
}
