# Sourced by ./run and ./test: finds Python, makes the virtual environment, installs what changed.
# Expects `say`, `fail` and the checkout as working directory; sets `venv`.

works() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    for python in "${ICARE_PYTHON:-}" python3.13 python3.12 python3.11 python3; do
        [ -n "$python" ] && command -v "$python" >/dev/null 2>&1 && works "$python" && return 0
    done
    fail "Python 3.11 or newer is needed and none was found.
  Debian, Ubuntu:  apt-get install python3 python3-venv
  macOS:           brew install python@3.13, or the installer from python.org
  elsewhere:       https://www.python.org/downloads/
If it is installed in an unusual place: ICARE_PYTHON=/path/to/python3 $0"
}

# One line per requirements file: its name, and a digest of it, of the constraints and of Python's version.
digests() {
    "$venv/bin/python" -c 'import hashlib, pathlib, sys
for name in sys.argv[1:]:
    text = pathlib.Path(name).read_bytes() + pathlib.Path("constraints.txt").read_bytes()
    print(name, hashlib.sha256(text + sys.version.encode()).hexdigest())' "$@"
}

make_venv() {
    # Our own .venv is made again when its Python went away or it was half made; one that somebody names is never removed.
    if [ -x "$venv/bin/python" ] && works "$venv/bin/python"; then
        if [ "$venv" != .venv ] || [ -f "$venv/.complete" ]; then return 0; fi
    fi
    find_python
    say "Making a virtual environment in $venv with $("$python" -V 2>&1) ..."
    [ "$venv" = .venv ] && rm -rf .venv
    "$python" -m venv "$venv" || fail "The virtual environment could not be made.
  Debian, Ubuntu:  apt-get install python3-venv   (or $(basename "$python")-venv)
  Is there space left on the disk (df -h .), and may you write in $(dirname "$venv")?"
    : >"$venv/.complete"
}

# pip in the background, with a line about its progress every few seconds.
install() {
    log="$venv/install.log"
    arguments=""
    for file in "$@"; do arguments="$arguments -r $file"; done
    # Compiling all of it takes longer than unpacking it; Python compiles what is used when it is first imported.
    # shellcheck disable=SC2086  file names of ours, without spaces
    "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --progress-bar off --no-compile $arguments \
        >"$log" 2>&1 &
    pip=$!
    trap 'kill $pip 2>/dev/null; exit 130' INT TERM HUP
    ticks=0
    while kill -0 $pip 2>/dev/null; do
        sleep 1
        ticks=$((ticks + 1))
        [ $((ticks % 10)) -eq 0 ] && say "... $(grep -E '^(Collecting|Installing|Building)' "$log" | tail -n 1 | cut -c1-70)"
    done
    wait $pip
    status=$?
    trap - INT TERM HUP
    return $status
}

prepare_environment() {
    # Nothing is compiled at installation, so what is imported once must be kept compiled.
    unset PYTHONDONTWRITEBYTECODE
    venv=${ICARE_VENV:-.venv}
    if [ ! -w . ] && [ ! -x "$venv/bin/python" ]; then
        fail "This folder is not yours to write in, and has no virtual environment yet.
  Clone it into a folder of your own, or name another place: ICARE_VENV=~/icare-venv $0"
    fi
    make_venv
    stamp="$venv/.installed"
    now=$(digests "$@") || fail "A requirements file is missing; is the checkout complete (git status)?"
    if ! printf '%s\n' "$now" | grep -vxF -f "$stamp" >/dev/null 2>&1 && [ -f "$stamp" ]; then return 0; fi
    say "Installing $* (a few minutes the first time) ..."
    # What a broken-off installation leaves is not to be trusted.
    rm -f "$stamp"
    if ! install "$@"; then
        tail -n 5 "$venv/install.log" >&2
        fail "The requirements could not be installed; the lines above say why. Usual reasons:
  no network, or a proxy:  set HTTPS_PROXY, or PIP_INDEX_URL for a package index you can reach
  no space left:           df -h . shows it; about 3 GB are needed
Then start $0 again: what was downloaded is kept. All of pip's words: $venv/install.log"
    fi
    printf '%s\n' "$now" >"$stamp"
    say "Installed."
}
