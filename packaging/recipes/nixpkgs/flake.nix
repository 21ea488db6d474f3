# SPDX-License-Identifier: MIT
# Stands in for nixpkgs, as far as packaging/nix uses it, with this system's compiler and libraries: what else one would
# ask of it is an error.
{
  outputs =
    { self }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      genAttrs =
        names: f:
        builtins.listToAttrs (
          map (name: {
            inherit name;
            value = f name;
          }) names
        );
      lib = {
        inherit genAttrs;
        optional = condition: value: if condition then [ value ] else [ ];
        licenses.mit = "MIT";
        cleanSource =
          src:
          lib.cleanSourceWith {
            inherit src;
            filter = path: type: baseNameOf path != ".git";
          };
        cleanSourceWith =
          { src, filter }:
          {
            origin = src.origin or src;
            filter = path: type: filter path type && (src.filter or (_: _: true)) path type;
            outPath = builtins.filterSource (path: type: filter path type && (src.filter or (_: _: true)) path type) (
              src.origin or src
            );
          };
      };
      packages = system: {
        inherit lib;
        stdenv = {
          cc.libc.static = "";
          mkDerivation =
            attributes:
            derivation (
              removeAttrs attributes [
                "env"
                "meta"
              ]
              // attributes.env
              // {
                inherit system;
                name = "${attributes.pname}-${attributes.version}";
                src = "${attributes.src}";
                builder = "/bin/bash";
                args = [ ./builder.sh ];
              }
            );
        };
        # What was fetched beforehand, if it has that hash.
        fetchFromGitHub =
          { repo, hash, ... }:
          let
            fetched = builtins.getEnv "RECIPES_FETCHED";
          in
          if fetched == "" then
            "/${hash}"
          else
            builtins.path {
              name = repo;
              path = fetched + "/${repo}";
              sha256 = hash;
            };
      }
      // genAttrs [
        "cjson"
        "cmake"
        "libevent"
        "libseccomp"
        "ninja"
        "patchelf"
        "pkg-config"
        "uthash"
      ] (name: "");
    in
    {
      inherit lib;
      legacyPackages = genAttrs systems (system: {
        callPackage =
          path: overrides:
          let
            package = import path;
          in
          package (builtins.intersectAttrs (builtins.functionArgs package) (packages system) // overrides);
      });
    };
}
