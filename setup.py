"""Packages of the wheel: the server's own live inside `mockube._bundle`, so that an install adds one name only."""

from pathlib import Path

from setuptools import find_packages, setup

BUNDLED = ("apimachinery", "storage", "server", "controllers")
root = Path(__file__).parent
bundle = [p for name in BUNDLED for p in find_packages(str(root), include=[name, f"{name}.*"])]

setup(
    packages=["mockube", *(f"mockube._bundle.{p}" for p in bundle)],
    package_dir={
        "mockube": "mockube",
        **{f"mockube._bundle.{p}": p.replace(".", "/") for p in bundle},
    },
    package_data={"": ["*.json", "py.typed"], "mockube": ["manifests/*.yaml"]},
)
