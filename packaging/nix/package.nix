# SPDX-License-Identifier: MIT
# For callPackage of nixpkgs.
{
  lib,
  stdenv,
  fetchFromGitHub,
  cjson,
  cmake,
  libevent,
  libseccomp,
  ninja,
  patchelf,
  pkg-config,
  uthash,
}:

let
  jsmn = fetchFromGitHub {
    owner = "zserge";
    repo = "jsmn";
    rev = "v1.1.0";
    hash = "sha256-Vv8Cqb+WZZVnmtVZ12JYd5/qUrqLqi4lvNsUyj9NnRQ=";
  };
in
stdenv.mkDerivation {
  pname = "tsuku-dltestd";
  version = "0.1.0";

  # The tree that this file is in.
  src = lib.cleanSourceWith {
    src = lib.cleanSource ../..;
    filter =
      path: type:
      !(builtins.elem (baseNameOf path) [
        "build"
        "dist"
      ]);
  };

  nativeBuildInputs = [
    cmake
    ninja
    patchelf
    pkg-config
  ];
  # The client is static.
  buildInputs = [
    cjson
    libevent
    libseccomp
    uthash
  ]
  ++ lib.optional (stdenv.cc.libc ? static) stdenv.cc.libc.static;

  env.NIX_CFLAGS_COMPILE = "-isystem ${jsmn}";
  cmakeFlags = [
    "-DBUILD_TESTING=OFF"
    "-DDLTEST_CLIENT_LIBC=static"
    "-DDLTEST_MUSL_LOADER=OFF"
    "-DDLTEST_SYSTEMD=OFF"
  ];

  # The stand-in is data: ELF without sections.
  stripExclude = [ "*/tsuku-dltest-standin.so" ];
  # The compiler gives whatever it links a search path; the loader is to have none of its own.
  postFixup = ''
    patchelf --remove-rpath $out/libexec/tsuku-dltest-loader
  '';

  doInstallCheck = true;
  installCheckPhase = ''
    $out/bin/tsuku-dltest --version
  '';

  meta = {
    description = "Tell whether shared libraries load";
    homepage = "https://tsuku.dev";
    license = lib.licenses.mit;
    mainProgram = "tsuku-dltest";
    platforms = [
      "x86_64-linux"
      "aarch64-linux"
    ];
  };
}
