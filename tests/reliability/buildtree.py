# SPDX-License-Identifier: MIT
"""The integration tests' helpers and the programs that are tested, also where no CTest has told
which they are: then those of the build tree that DLTEST_BUILD_DIR or build/dev is. To be imported
before any of the helpers."""

import os
import sys
from pathlib import Path

_SOURCE = Path(__file__).resolve().parents[2]
_BUILD = Path(os.environ.get("DLTEST_BUILD_DIR", _SOURCE / "build/dev")).resolve()
for _name, _value in {
        "DLTEST_SOURCE_DIR": _SOURCE, "DLTEST_BUILD_DIR": _BUILD,
        "DLTEST_FIXTURES": _BUILD / "fixtures", "DLTEST_VERSION": "",
        "DLTEST_CLIENT": _BUILD / "bin/tsuku-dltest", "DLTEST_DAEMON": _BUILD / "bin/tsuku-dltestd",
        "DLTEST_LOADER": _BUILD / "bin/tsuku-dltest-loader",
        "DLTEST_FAULTER": _BUILD / "tests/reliability/faulter",
        "DLTEST_REFERENCE": _BUILD / "tests/sweep/sweep_reference"}.items():
    os.environ.setdefault(_name, str(_value))
sys.path.insert(0, str(_SOURCE / "tests/integration"))
