"""Writes the .npy and .npz files of npy_test.go with NumPy: python make.py"""

from pathlib import Path

import numpy as np

here = Path(__file__).parent
for name, array in {
    "u1": np.arange(24, dtype="u1").reshape(2, 3, 4),
    "bool": np.array([True, False, True]),
    "i8": np.array([[-5, 2**31 - 1], [0, -(2**31)]], dtype="i8"),
    "big-endian": np.array([1, -2, 300], dtype=">i4"),
    "f8": np.array([[0.5, -1.25, 1e-3]], dtype="f8"),
    "f4": np.linspace(-1, 1, 6, dtype="f4").reshape(3, 2),
    "u2": np.array([0, 65535], dtype="u2"),
    "scalar": np.array(3, dtype="i4"),
    "none": np.zeros((0, 2), dtype="f4"),
    # What is refused
    "fortran": np.asfortranarray(np.arange(6, dtype="f4").reshape(2, 3)),
    "large": np.array([2**31], dtype="i8"),
    "text": np.array(["a", "bc"]),
    "record": np.zeros(2, dtype=[("x", "f4"), ("y", "i4")]),
    "complex": np.zeros(2, dtype="c8"),
}.items():
    np.save(here / f"{name}.npy", array)
for version in (2, 3):
    with open(here / f"version{version}.npy", "wb") as f:
        np.lib.format.write_array(f, np.array([1, 2, 3], dtype="i4"), version=(version, 0))
np.savez_compressed(here / "two.npz", x=np.arange(6, dtype="f4").reshape(3, 2), y=np.array([0, 1, 1], dtype="u1"))
