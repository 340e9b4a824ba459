//! Where the repository, the programs under test and Foundry's tools are.

use alloy::primitives::Bytes;
use eyre::{Context, OptionExt, ensure};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The root of the repository.
#[must_use]
pub fn repository() -> PathBuf {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_root.parent().unwrap_or(crate_root).to_path_buf()
}

/// The signed transaction that creates Multicall3, the same one on every chain.
///
/// # Errors
/// When the file cannot be read.
pub fn multicall3() -> eyre::Result<Bytes> {
    let path = repository().join("scripts/multicall3.tx");
    let text = fs::read_to_string(&path).wrap_err_with(|| path.display().to_string())?;
    text.trim().parse().wrap_err_with(|| path.display().to_string())
}

/// A program of this workspace (`sequencer`, `challenger`), built beside the running test.
///
/// # Errors
/// When it is not built; says how to.
pub fn program(name: &str) -> eyre::Result<PathBuf> {
    let test = env::current_exe().wrap_err("the running test has no path")?;
    // target/debug/deps/test-0123 -> target/debug
    let folder = test.ancestors().nth(2).ok_or_eyre("the running test is not in a target folder")?;
    let path = folder.join(format!("{name}{}", env::consts::EXE_SUFFIX));
    ensure!(path.is_file(), "{} is not built: run `cargo build --bin {name}` first", path.display());
    Ok(path)
}

/// The native binary of `forge`, `cast` or `anvil`, as `scripts/contracts setup` installs it.
///
/// # Errors
/// When it is not installed; says how to.
pub(crate) fn foundry(name: &str) -> eyre::Result<PathBuf> {
    let packages = repository().join("contracts/node_modules/@foundry-rs");
    let missing = || format!("{name} is not installed: run `scripts/contracts setup` first");
    for entry in packages.read_dir().wrap_err_with(missing)? {
        let path = entry?.path().join("bin").join(format!("{name}{}", env::consts::EXE_SUFFIX));
        let native = path.parent().and_then(Path::parent).and_then(Path::file_name).is_some_and(|package| package != name);
        if native && path.is_file() {
            return Ok(path);
        }
    }
    Err(eyre::eyre!(missing()))
}

/// A program of `tests/clients`, to be run with what `scripts/clients setup` installs: `NAME.mjs` by node, `python/NAME.py` by its Python.
///
/// # Errors
/// When there is no such program, or it is not installed; says how to.
pub(crate) fn client(name: &str) -> eyre::Result<Command> {
    let folder = repository().join("tests/clients");
    let (script, python) = (format!("{name}.mjs"), format!("python/{name}.py"));
    let interpreter = repository().join("target/clients-python/bin/python");
    let libraries = ["viem", "ethers", "@safe-global/safe-contracts", "@uniswap/v2-periphery", "../hardhat/node_modules/hardhat"];
    let installed = libraries.into_iter().all(|library| folder.join("node_modules").join(library).is_dir()) && interpreter.is_file();
    ensure!(installed, "the clients' libraries are not installed: run `scripts/clients setup` first");
    let (program, script) = if folder.join(&script).is_file() {
        (PathBuf::from("node"), script)
    } else {
        ensure!(folder.join(&python).is_file(), "{} has neither {script} nor {python}", folder.display());
        (interpreter, python)
    };
    let mut command = Command::new(program);
    command.current_dir(folder).arg(script);
    Ok(command)
}
