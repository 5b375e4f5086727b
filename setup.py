"""Maps the top-level folders to the packages under the import name `eggshard`; everything else is in pyproject.toml."""

from setuptools import find_packages, setup

FOLDERS = {
    "eggshard": "compiler",
    "eggshard.dialects": "dialects",
    "eggshard.passes": "passes",
    "eggshard.tools": "tools",
}

setup(
    package_dir=FOLDERS,
    packages=[
        name
        for package, folder in FOLDERS.items()
        for name in (package, *(f"{package}.{sub}" for sub in find_packages(folder)))
    ],
    package_data={"": ["*.json", "*.md", "*.npz", "py.typed"]},
)
