//! Files, written whole or not at all.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

/// Bytes of a file that is read, at most: more than any witness that a node hands out.
pub const MAX_FILE: u64 = 1 << 30;

/// Why a file cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// Reading failed.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason given by the operating system.
        source: io::Error,
    },
    /// It is larger than any file that belongs here.
    #[error("{} is larger than {MAX_FILE} bytes: this is no file of fault-vm", path.display())]
    Large {
        /// The file.
        path: PathBuf,
    },
    /// Writing failed.
    #[error("{} cannot be written: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The reason given by the operating system.
        source: io::Error,
    },
}

/// Reads a file; `-` is stdin.
///
/// # Errors
/// When it cannot be read, or is larger than [`MAX_FILE`].
pub fn read(path: &Path) -> Result<Vec<u8>, FilesError> {
    let failed = |source| FilesError::Read { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let most = MAX_FILE.saturating_add(1);
    if path == Path::new("-") {
        io::stdin().take(most).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        File::open(path).map_err(failed)?.take(most).read_to_end(&mut bytes).map_err(failed)?;
    }
    if bytes.len() as u64 > MAX_FILE { Err(FilesError::Large { path: path.to_owned() }) } else { Ok(bytes) }
}

/// Writes a file beside its place and moves it there: nobody ever sees half of it.
///
/// # Errors
/// When the directory cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), FilesError> {
    let failed = |source| FilesError::Write { path: path.to_owned(), source };
    let mut name = path.file_name().ok_or_else(|| failed(io::ErrorKind::InvalidFilename.into()))?.to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let written = File::create(&part).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&part, path)).map_err(|source| {
        // What is left of it is of no use; that it cannot be removed says no more.
        let _ = fs::remove_file(&part);
        failed(source)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("file");
        write(&path, b"one").expect("writes");
        write(&path, b"two").expect("writes");
        assert_eq!(read(&path).expect("reads"), b"two");
        assert_eq!(fs::read_dir(directory.path()).expect("lists").count(), 1);
    }

    #[test]
    fn errors_name_the_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("no").join("file");
        for error in [read(&path).expect_err("missing").to_string(), write(&path, b"x").expect_err("missing").to_string()] {
            assert!(error.contains(&path.display().to_string()), "{error}");
        }
    }
}
