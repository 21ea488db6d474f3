# SPDX-License-Identifier: MIT
"""importer.py SITE PATH: imports the packages around PATH, then loads it, and tells what was said.

With SITE, a directory of unpacked wheels, on the path of modules. What fails in Python does not
matter, since a package may want others that are not there: what its own code has loaded until then
is in memory. Writes "ok" or the error to the descriptor DLTEST_SHIM_REPORT. Ends without the
destructors of all that.
"""

import contextlib
import ctypes
import importlib
import os
import sys


def packages_around(site, path):
    """Names of the modules to import, the outermost first."""
    parts = os.path.relpath(os.path.dirname(path), site).split(os.sep)
    if parts and parts[0].endswith(".libs"):  # what auditwheel puts beside a package
        parts = [parts[0][:-len(".libs")]]
    return [".".join(parts[:count]) for count in range(1, len(parts) + 1)
            if all(part.isidentifier() for part in parts[:count])]


def main():
    site, path = sys.argv[1:]
    sys.argv = [path]
    sys.path.insert(0, site)
    for name in packages_around(site, path):
        with contextlib.suppress(BaseException):
            importlib.import_module(name)
    try:
        ctypes.CDLL(path, os.RTLD_NOW)
        text = "ok"
    except OSError as error:
        text = str(error)
    os.write(int(os.environ["DLTEST_SHIM_REPORT"]), text.encode())
    os._exit(0)


if __name__ == "__main__":
    main()
