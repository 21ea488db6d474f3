# SPDX-License-Identifier: MIT
"""tsuku itself, for the tests that run it: which program, and what it is started with."""

import os
import shutil
import sys

# A tsuku that was built for one version of its helper.
PIN = os.environ.get("DLTEST_TSUKU_PIN")


def find_tsuku(test):
    """The program $DLTEST_TSUKU, or the one in PATH, or None. One that was named has to be there."""
    named = os.environ.get("DLTEST_TSUKU")
    if named:
        if not os.access(named, os.X_OK):
            raise SystemExit(f"{test}: DLTEST_TSUKU={named} cannot be executed")
        return os.path.abspath(named)
    return shutil.which("tsuku")


def skip(test, why):
    """Ends the test, which then counts as skipped."""
    print(f"{test}: SKIPPED, {why}")
    sys.exit(77)


def quiet_environment(home, **changes):
    """What tsuku is started with: nothing to tell anybody, and no registry to ask."""
    nowhere = {"TSUKU_NO_TELEMETRY": "1", "TSUKU_NO_UPDATE_CHECK": "1",
               "TSUKU_REGISTRY_URL": str(home.path / "no-registry")}
    return home.environment(**{**nowhere, **changes})
