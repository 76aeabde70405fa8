"""What is done with one span of samples while it lies in cache, compiled.

Arrays lie as (units, samples), so that inner loops run over samples and fill vector registers; `network/`
says the same in NumPy.  Sums over the samples of a span may be in the working precision; spans are added
in float64.
"""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numba
import numpy as np

from surefoot.compute.elementary import exp, expm1, log, log1p
from surefoot.network.activations import ACTIVATIONS
from surefoot.network.losses import LOSSES

FAST = {"reassoc", "contract", "nsz", "arcp"}  # sums may be reordered; NaN and infinities are kept
# error_model: x / 0 is inf as in NumPy; a check that could raise would forbid vector instructions
compiled = numba.njit(nogil=True, fastmath=FAST, error_model="numpy")
ACTIVATION_CODES = {name: code for code, name in enumerate(ACTIVATIONS)}
LOSS_CODES = {name: code for code, name in enumerate(LOSSES)}
LOGISTIC, TANH, RELU, SOFTPLUS = (ACTIVATION_CODES[f] for f in ("logistic", "tanh", "relu", "softplus"))
CROSS_ENTROPY, BINARY = LOSS_CODES["cross-entropy"], LOSS_CODES["binary"]


@compiled
def activate(A, F, G, units, m, f, order):
    """A <- f(A), and F <- f′, G <- f″ as far as order says, in the first `units` rows and m columns."""
    real = A.dtype.type
    zero, one, two = real(0), real(1), real(2)
    for u in range(units):
        if f == LOGISTIC:
            for s in range(m):
                z = A[u, s]
                e = exp(z if z < zero else -z)
                A[u, s] = (e if z < zero else one) / (one + e)
            if order >= 1:
                for s in range(m):
                    F[u, s] = A[u, s] * (one - A[u, s])
            if order >= 2:
                for s in range(m):
                    G[u, s] = A[u, s] * (one - A[u, s]) * (one - two * A[u, s])
        elif f == TANH:
            for s in range(m):
                z = A[u, s]
                e = expm1(z + z if z < zero else -(z + z))
                a = e / (two + e)  # tanh of -|z|
                A[u, s] = a if z < zero else -a
            if order >= 1:
                for s in range(m):
                    F[u, s] = one - A[u, s] * A[u, s]
            if order >= 2:
                for s in range(m):
                    G[u, s] = -two * A[u, s] * (one - A[u, s] * A[u, s])
        elif f == RELU:
            for s in range(m):
                z = A[u, s]
                A[u, s] = zero if z <= zero else z  # NaN stays NaN
                if order >= 1:
                    F[u, s] = one if z > zero else zero
                if order >= 2:
                    G[u, s] = zero
        elif f == SOFTPLUS:
            for s in range(m):
                z = A[u, s]
                e = exp(z if z < zero else -z)
                A[u, s] = (zero if z < zero else z) + log1p(e)
                if order >= 1:
                    F[u, s] = (e if z < zero else one) / (one + e)
            if order >= 2:
                for s in range(m):
                    G[u, s] = F[u, s] * (one - F[u, s])
        else:
            for s in range(m):
                if order >= 1:
                    F[u, s] = one
                if order >= 2:
                    G[u, s] = zero


@compiled
def add_product(rest, at, step_in, step_out, d_in, d_out, A, Z, m):
    """Z (d_out, m) += Mᵀ A (d_in, m), the matrix M[j, k] = rest[at + j step_in + k step_out]."""
    for k in range(d_out):
        first = at + k * step_out
        for j in range(0, d_in - 3, 4):
            w0, w1 = rest[first + j * step_in], rest[first + (j + 1) * step_in]
            w2, w3 = rest[first + (j + 2) * step_in], rest[first + (j + 3) * step_in]
            for s in range(m):
                Z[k, s] += w0 * A[j, s] + w1 * A[j + 1, s] + w2 * A[j + 2, s] + w3 * A[j + 3, s]
        j = d_in // 4 * 4
        if d_in - j >= 2:
            w0, w1 = rest[first + j * step_in], rest[first + (j + 1) * step_in]
            for s in range(m):
                Z[k, s] += w0 * A[j, s] + w1 * A[j + 1, s]
            j += 2
        if d_in > j:
            w0 = rest[first + j * step_in]
            for s in range(m):
                Z[k, s] += w0 * A[j, s]


@compiled
def add_outer(A, D, d_in, d_out, m, G, at):
    """G[at:] += A Dᵀ (d_in, d_out) and behind it Σ over samples of D (d_out)."""
    real = A.dtype.type
    for j in range(d_in):
        for k in range(0, d_out - 1, 2):
            p = q = real(0)
            for s in range(m):
                p += A[j, s] * D[k, s]
                q += A[j, s] * D[k + 1, s]
            G[at + j * d_out + k] += np.float64(p)
            G[at + j * d_out + k + 1] += np.float64(q)
        if d_out % 2:
            p = real(0)
            for s in range(m):
                p += A[j, s] * D[d_out - 1, s]
            G[at + (j + 1) * d_out - 1] += np.float64(p)
    add_sums(D, d_out, m, G, at + d_in * d_out)


@compiled
def add_sums(D, units, m, G, at):
    for u in range(units):
        p = D.dtype.type(0)
        for s in range(m):
            p += D[u, s]
        G[at + u] += np.float64(p)


@compiled
def fill(Z, units, m, rest, at):
    """Row u of Z <- rest[at + u]: the bias."""
    for u in range(units):
        b = rest[at + u]
        for s in range(m):
            Z[u, s] = b


@compiled
def start(Z1, dZ1, alpha, rest, units, low, m, A):
    """A <- Z¹ + α Ż¹ + b¹ for samples low .. low + m."""
    for u in range(units):
        b = rest[u]
        for s in range(m):
            A[u, s] = (Z1[u, low + s] + alpha * dZ1[u, low + s]) + b


@compiled
def carry(Z1, dZ1, alpha, units, low, m, carried):
    """carried <- Z¹ + α Ż¹."""
    for u in range(units):
        for s in range(low, low + m):
            carried[u, s] = Z1[u, s] + alpha * dZ1[u, s]


@compiled
def leave(D, units, low, m, D1):
    for u in range(units):
        for s in range(m):
            D1[u, low + s] = D[u, s]


@compiled
def clear(A, units, m):
    for u in range(units):
        for s in range(m):
            A[u, s] = 0


@compiled
def multiply(A, B, units, m):
    """A <- A ∘ B."""
    for u in range(units):
        for s in range(m):
            A[u, s] *= B[u, s]


@compiled
def double(A, units, m):
    for u in range(units):
        for s in range(m):
            A[u, s] += A[u, s]


@compiled
def move(dA, ddA, units, m, F, S):
    """Ä <- f″ Ż² + f′ Z̈ and Ȧ <- f′ Ż, in place of Z̈ and Ż."""
    for u in range(units):
        for s in range(m):
            ddA[u, s] = S[u, s] * dA[u, s] * dA[u, s] + F[u, s] * ddA[u, s]
            dA[u, s] *= F[u, s]


@compiled
def loss_and_meaning(Z, k, m, low, loss, labels, targets, weights, row):
    """Σ w l; Z <- what the outputs mean, P: softmax, logistic or Z itself; not yet weighted."""
    real = Z.dtype.type
    zero, one = real(0), real(1)
    total = 0.0
    if loss == CROSS_ENTROPY:
        top, sums = row[0], row[1]
        for s in range(m):
            top[s] = Z[0, s]
        for c in range(1, k):
            for s in range(m):
                top[s] = Z[c, s] if not Z[c, s] <= top[s] else top[s]
        for s in range(m):
            row[2, s] = Z[labels[low + s], s]
            sums[s] = zero
        for c in range(k):
            for s in range(m):
                e = exp(Z[c, s] - top[s])
                Z[c, s] = e
                sums[s] += e
        for s in range(m):
            total += np.float64(weights[low + s] * (log(sums[s]) + top[s] - row[2, s]))
            sums[s] = one / sums[s]
        for c in range(k):
            for s in range(m):
                Z[c, s] *= sums[s]
    elif loss == BINARY:
        for c in range(k):
            for s in range(m):
                z = Z[c, s]
                e = exp(z if z < zero else -z)
                each = (zero if z < zero else z) + log1p(e) - targets[c, low + s] * z
                total += np.float64(weights[low + s] * each)
                Z[c, s] = (e if z < zero else one) / (one + e)
    else:
        for c in range(k):
            for s in range(m):
                r = Z[c, s] - targets[c, low + s]
                total += np.float64(weights[low + s] * (real(0.5) * r * r))
    return total


@compiled
def right(Z, k, m, low, loss, labels, targets, row):
    """How many outputs Z name the right class (the first of equal ones counts)."""
    hits = 0
    if loss == CROSS_ENTROPY:
        wanted, beaten = row[0], row[1]
        for s in range(m):
            wanted[s] = Z[labels[low + s], s]
            beaten[s] = 0
        for c in range(k):
            for s in range(m):
                z = Z[c, s]
                beaten[s] += (z > wanted[s]) | ((z == wanted[s]) & (c < labels[low + s]))
        for s in range(m):
            hits += beaten[s] == 0
    elif loss == BINARY:
        for c in range(k):
            for s in range(m):
                hits += (Z[c, s] > 0) == (targets[c, low + s] > 0.5)
    return hits


@compiled
def output_gradient(P, k, m, low, loss, labels, targets, weights):
    """P <- D = w ∂l/∂z, from what `loss_and_meaning` left."""
    if loss == CROSS_ENTROPY:
        for c in range(k):
            for s in range(m):
                P[c, s] *= weights[low + s]
        for s in range(m):
            P[labels[low + s], s] -= weights[low + s]
    else:
        for c in range(k):
            for s in range(m):
                P[c, s] = (P[c, s] - targets[c, low + s]) * weights[low + s]


@compiled
def output_bend(P, dZ, ddZ, k, m, low, loss, labels, targets, weights, row):
    """Σ w (l)˙ and Σ w (l)¨ from P, Ż, Z̈ (k, m)."""
    first, second = row[0], row[1]
    one = P.dtype.type(1)
    for s in range(m):
        first[s] = second[s] = P.dtype.type(0)
    for c in range(k):
        if loss == CROSS_ENTROPY:
            for s in range(m):
                first[s] += P[c, s] * dZ[c, s]
                second[s] += P[c, s] * (dZ[c, s] * dZ[c, s] + ddZ[c, s])
        elif loss == BINARY:
            for s in range(m):
                D = P[c, s] - targets[c, low + s]
                first[s] += D * dZ[c, s]
                second[s] += P[c, s] * (one - P[c, s]) * dZ[c, s] * dZ[c, s] + D * ddZ[c, s]
        else:
            for s in range(m):
                D = P[c, s] - targets[c, low + s]
                first[s] += D * dZ[c, s]
                second[s] += dZ[c, s] * dZ[c, s] + D * ddZ[c, s]
    if loss == CROSS_ENTROPY:
        for s in range(m):
            second[s] -= first[s] * first[s] + ddZ[labels[low + s], s]
            first[s] -= dZ[labels[low + s], s]
    slope = bend = 0.0
    for s in range(m):
        slope += np.float64(weights[low + s] * first[s])
        bend += np.float64(weights[low + s] * second[s])
    return slope, bend
