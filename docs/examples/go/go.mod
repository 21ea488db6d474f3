// SPDX-License-Identifier: MIT
module ask

go 1.21

// A commit, because the last release, v0.4.0, takes no interface with a capital letter in its name.
require github.com/varlink/go v0.4.1-0.20261015173642-c935be0c53f7
