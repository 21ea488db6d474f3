# SPDX-License-Identifier: MIT
# The source is a tag, whose name is all that vouches for it until there is a release with a checksum.
class TsukuDltest < Formula
  desc "Tell whether shared libraries load"
  homepage "https://tsuku.dev"
  url "https://github.com/tsukumogami/tsuku-dltestd.git", tag: "v0.1.0"
  license "MIT"
  head "https://github.com/tsukumogami/tsuku-dltestd.git", branch: "main"

  depends_on "cmake" => :build
  depends_on "jsmn" => :build
  depends_on "ninja" => :build
  depends_on "patchelf" => :build
  depends_on "pkgconf" => :build
  depends_on "uthash" => :build
  depends_on "cjson"
  depends_on "libevent"
  depends_on "libseccomp"
  # What macOS takes is not written yet.
  depends_on :linux

  def install
    # Homebrew's compiler gives whatever it links a dynamic linker and a search path. A static program crashes with
    # the one, hence a shared client; the loader is to have no search path of its own.
    args = %w[
      -DDLTEST_CLIENT_LIBC=shared
      -DDLTEST_MUSL_LOADER=OFF
      -DDLTEST_SYSTEMD=OFF
    ]
    system "cmake", "-S", ".", "-B", "build", "-G", "Ninja", *args, *std_cmake_args
    system "cmake", "--build", "build"
    system "cmake", "--install", "build"
    system "patchelf", "--remove-rpath", libexec/"tsuku-dltest-loader"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/tsuku-dltest --version 2>&1")
  end
end
