"""Compares the installed packages with a requirements file; prints one line for each that differs."""

import re
import sys
from importlib.metadata import PackageNotFoundError, version

from packaging.requirements import Requirement


def requirements(path):
    """The requirements of a file that apply to this Python and system."""
    with open(path, encoding="utf-8") as file:
        for line in file:
            if re.match(r"[A-Za-z0-9]", line):
                requirement = Requirement(line.rstrip().rstrip("\\"))
                if requirement.marker is None or requirement.marker.evaluate():
                    yield requirement


count = 0
for requirement in requirements(sys.argv[1]):
    count += 1
    try:
        installed = version(requirement.name)
    except PackageNotFoundError:
        installed = "missing"
    if installed == "missing" or installed not in requirement.specifier:
        print(f"{requirement.name} is {installed}, wanted {requirement.specifier}")
print(f"{count} packages")
