// SPDX-License-Identifier: MIT
//! Generates src/main.rs's module `dltest` from the interface.

use std::{env, fs, path::Path};

const INTERFACE: &str = "dev.tsuku.DlTest.varlink";

fn main() {
    println!("cargo:rerun-if-changed={INTERFACE}");
    let text = fs::read_to_string(INTERFACE).expect(INTERFACE);
    // Newer daemons have new reasons. One that the generated enum does not have would be an error,
    // and with it all verdicts of the reply were lost.
    let text = text.replace("?Reason", "?string");
    let path = Path::new(&env::var_os("OUT_DIR").unwrap()).join("dltest.rs");
    let mut file = fs::File::create(path).unwrap();
    varlink_generator::generate(&mut text.as_bytes(), &mut file, false).expect(INTERFACE);
}
