#!/usr/bin/env bash
# Type checks everything. The folders are imported under names that differ from their paths, so mypy sees them through
# a tree of links: .typecheck/eggshard/{plan.py,..} -> compiler/*, .typecheck/eggshard/dialects -> dialects, ...
set -euo pipefail
cd "$(dirname "$0")/.."

rm -rf .typecheck/eggshard
mkdir -p .typecheck/eggshard
for path in "$PWD"/compiler/*; do
    [ "$(basename "$path")" = __pycache__ ] || ln -s "$path" ".typecheck/eggshard/$(basename "$path")"
done
for folder in dialects passes tools; do
    ln -s "$PWD/$folder" ".typecheck/eggshard/$folder"
done

"${PYTHON:-python3}" -m mypy --strict -p eggshard
"${PYTHON:-python3}" -m mypy --strict test
