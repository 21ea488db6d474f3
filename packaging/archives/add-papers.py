#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Puts into an archive's directory what has to be with programs that are linked with other people's code: their licences,
and a list of parts (SPDX 2.3, in JSON)."""
import argparse
import json
import re
import shutil
import time
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

HERE = Path(__file__).resolve().parent
PINNED = HERE.parent / "bundled" / "sources.txt"
# What of each source is its licence, and which that is.
LICENCES = {
    "cjson": ("LICENSE", "MIT"),
    "jsmn": ("LICENSE", "MIT"),
    "libevent": ("LICENSE", "BSD-3-Clause"),
    "libseccomp": ("LICENSE", "LGPL-2.1-only"),
    "uthash": ("LICENSE", "BSD-1-Clause"),
}
# What the compiler brings: where its licence is, which one, and what of it ends up in the programs.
TOOLCHAIN = {
    "musl": ("lib/libc/musl/COPYRIGHT", "MIT", "the C library of the client and the daemon"),
    "llvm": ("lib/libunwind/LICENSE.TXT", "Apache-2.0 WITH LLVM-exception", "libunwind and compiler-rt, in the loaders"),
    "glibc": ("lib/libc/glibc/LICENSES", "LGPL-2.1-or-later", "the start files of the loader for glibc"),
    "zig": ("LICENSE", "MIT", "the compiler, of which nothing else is in the programs"),
}


def sources() -> dict[str, dict[str, str]]:
    """Version, place and checksum of each source that sources.txt pins, by its tarball."""
    found: dict[str, dict[str, str]] = {}
    for line in PINNED.read_text().splitlines():
        if line.startswith("#"):
            continue
        checksum, path = line.split()
        name, version, kind = re.fullmatch(r".*/([^/_]+)_(.+)\.(orig|debian)\.tar\.\w+", path).groups()
        entry = found.setdefault(name, {})
        # Debian's revision says the tarball's version, too.
        entry["version"] = version
        entry[kind] = checksum
        entry.setdefault("place", f"http://deb.debian.org/debian/pool/{path}")
    return found


def package(name: str, licence: str, version: str, **more: object) -> dict[str, object]:
    """A part, as SPDX has it."""
    return {
        "SPDXID": f"SPDXRef-{name}", "name": name, "versionInfo": version, "filesAnalyzed": False,
        "licenseDeclared": licence, "licenseConcluded": licence, "copyrightText": "NOASSERTION",
        "downloadLocation": "NOASSERTION", **more,
    }


def list_parts(version: str, zig_version: str, name: str) -> list[dict[str, object]]:
    """The archive itself, and all that is in it."""
    parts = [package("tsuku-dltestd", "MIT", version)]
    for source, entry in sorted(sources().items()):
        parts.append(package(
            source, LICENCES[source][1], entry["version"], downloadLocation=entry["place"],
            comment=f"for {name}, as Debian has it, with Debian's patches" if "debian" in entry else f"for {name}",
            checksums=[{"algorithm": "SHA256", "checksumValue": entry["orig"]}]))
    for part, (_, licence, use) in sorted(TOOLCHAIN.items()):
        parts.append(package(part, licence, f"as in ziglang {zig_version}", comment=use,
                             downloadLocation=f"https://pypi.org/project/ziglang/{zig_version}/"))
    return parts


def write_parts(target: Path, version: str, epoch: int, zig: Path, name: str) -> None:
    """The list of parts; the same for the same sources."""
    zig_version = re.search(r"ziglang==(\S+)", (HERE / "zig.txt").read_text())[1]
    if not zig.is_dir():
        raise SystemExit(f"{zig} is not there")
    parts = list_parts(version, zig_version, name)
    document = {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": name,
        "documentNamespace": f"https://tsuku.dev/spdx/{name}-{uuid5(NAMESPACE_URL, json.dumps(parts))}",
        "creationInfo": {
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch)),
            "creators": ["Tool: packaging/build-archives.sh"],
        },
        "packages": parts,
        "relationships": [
            {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
             "relatedSpdxElement": "SPDXRef-tsuku-dltestd"},
            *({"spdxElementId": "SPDXRef-tsuku-dltestd", "relatedSpdxElement": part["SPDXID"],
               "relationshipType": "BUILD_TOOL_OF" if part["name"] == "zig" else "STATIC_LINK"}
              for part in parts[1:]),
        ],
    }
    for relation in document["relationships"]:
        if relation["relationshipType"] == "BUILD_TOOL_OF":  # the tool is the one that is of something
            relation["spdxElementId"], relation["relatedSpdxElement"] = (
                relation["relatedSpdxElement"], relation["spdxElementId"])
    target.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")


def main() -> None:
    """Adds them to one archive."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--version", required=True)
    parser.add_argument("--epoch", type=int, required=True)
    parser.add_argument("--zig", type=Path, required=True, help="the package ziglang, unpacked")
    parser.add_argument("--bundled", type=Path, required=True, help="what bundled/fetch.sh made")
    parser.add_argument("root", type=Path, help="the archive's directory")
    args = parser.parse_args()

    papers = args.root / "share" / "doc" / "tsuku-dltestd"
    licences = papers / "licences"
    licences.mkdir(parents=True, exist_ok=True)
    for name, (file, _) in LICENCES.items():
        shutil.copyfile(args.bundled / name / file, licences / f"{name}.txt")
    for name, (file, _, _) in TOOLCHAIN.items():
        shutil.copyfile(args.zig / file, licences / f"{name}.txt")
    write_parts(papers / "sbom.spdx.json", args.version, args.epoch, args.zig, args.root.name)


if __name__ == "__main__":
    main()
