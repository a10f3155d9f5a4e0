#!/bin/sh
# venv.sh FOLDER REQUIREMENTS: a virtual environment with exactly these packages.
# Does nothing where FOLDER already has them; prints a line while it works.
set -eu
folder=$1
requirements=$2
stamp=$folder/.requirements

usable() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

python=
for candidate in ${PYTHON_BIN:-} python3 python3.13 python3.12 python3.11; do
    if usable "$candidate"; then python=$candidate && break; fi
done
[ -n "$python" ] || { echo "Python 3.11 or newer is missing; install it, or name one in PYTHON_BIN." >&2; exit 1; }

wanted=$(cat "$requirements" requirements.txt requirements-pins.txt scripts/venv.sh | sha256sum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && usable "$folder/bin/python"; then exit 0; fi

if ! usable "$folder/bin/python"; then
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        sh scripts/apt.sh "python$version-venv"
    fi
    "$python" -m venv --clear "$folder"
fi
echo "packages: installing $requirements into $folder (once, a minute or two)"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements"
echo "$wanted" > "$stamp"
