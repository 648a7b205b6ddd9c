"""Build the plugin: everything a Wagtail site can install, under the one name ``tonghu``."""

import sys
from pathlib import Path

from setuptools import setup

sys.path.insert(0, str(Path(__file__).resolve().parent / "tools"))

from plugin import BuildPlugin, packages

setup(
    packages=list(packages()),
    package_dir=packages(),
    cmdclass={"build_py": BuildPlugin},
)
