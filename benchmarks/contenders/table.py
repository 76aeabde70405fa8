"""Every contender by name.  A module of a peer is imported in its own process only."""

from __future__ import annotations

from importlib import import_module

from work import Task

from contenders import Contender, Entry


def _late(task: Task, module: str, name: str, *given: object) -> Contender:
    contender: Contender = getattr(import_module(f"contenders.{module}"), name)(task, *given)
    return contender


def _ours(*given: str) -> Entry:
    return Entry(_late, ("ours", "Ours", *given))


NOTEBOOK = Entry(_late, ("notebook", "Notebook"))

ARMIJO = {
    "notebook NumPy, double": NOTEBOOK,
    "surefoot dense, double": _ours("classic", "double", "dense"),
    "surefoot packed, double": _ours("classic", "double", "packed"),
    "surefoot packed, single": _ours("classic", "single", "packed"),
    "torch eager": Entry(_late, ("torch_peers", "Armijo"), ("torch",)),
    "torch.compile": Entry(_late, ("torch_peers", "Armijo", True), ("torch",)),
    "JAX jit": Entry(_late, ("jax_peers", "Armijo"), ("jax",)),
}

QUASI = {
    "surefoot lbfgs, Wolfe": _ours("lbfgs", "single", "packed", "wolfe"),
    "surefoot lbfgs": _ours("lbfgs", "single", "packed"),
    "torch LBFGS": Entry(_late, ("torch_peers", "LBFGS"), ("torch",)),
    "optax lbfgs": Entry(_late, ("jax_peers", "LBFGS"), ("jax", "optax")),
    "scipy L-BFGS-B": Entry(_late, ("scipy_peer", "LBFGSB"), ("scipy",)),
    "sklearn lbfgs": Entry(_late, ("sklearn_peer", "LBFGS"), ("sklearn",)),
    "sklearn lbfgs, calm": Entry(_late, ("sklearn_peer", "LBFGS", True), ("sklearn",)),
}

AUTO = {
    "surefoot auto, single": _ours("auto", "single", "auto"),
    "surefoot auto, double": _ours("auto", "double", "auto"),
}


def is_ours(name: str) -> bool:
    return name.startswith("surefoot")
