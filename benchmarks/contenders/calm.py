"""scipy's BLAS held to one thread, so that it does not fight NumPy's.

Both bring an OpenBLAS with threads of its own, which spin after each call.  With scipy's L-BFGS-B between
calls of NumPy an iteration took 42 ms instead of 16 on two cores.
"""

from __future__ import annotations


def calm_scipy() -> bool:
    """Do so; False when threadpoolctl is not installed.  To be called when scipy.optimize is loaded."""
    try:
        from threadpoolctl import ThreadpoolController
    except ModuleNotFoundError:
        return False
    for library in ThreadpoolController().lib_controllers:
        if "scipy.libs" in library.filepath:
            library.set_num_threads(1)
    return True
