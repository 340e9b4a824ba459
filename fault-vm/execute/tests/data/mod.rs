//! Where public test suites lie: `GAINSAY_DATA`, or `shared/data` beside the repository.

#![allow(clippy::print_stdout)]

use std::path::PathBuf;

/// The folder of a suite; none, with a message, if it is not on this machine.
pub(crate) fn suite(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("GAINSAY_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")), PathBuf::from);
    let folder = root.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("not run: {} is not here; set GAINSAY_DATA to the folder that holds {name}/", folder.display());
    None
}
