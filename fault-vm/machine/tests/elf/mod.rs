//! ELF files by hand.

/// A segment to load.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) address: u64,
    pub(crate) bytes: Vec<u8>,
    /// Bytes in memory.
    pub(crate) size: u64,
    /// 1 executable, 2 writable, 4 readable.
    pub(crate) flags: u32,
}

/// An executable file for riscv64 with these segments.
pub(crate) fn elf(entry: u64, segments: &[Segment]) -> Vec<u8> {
    let headers = 64 + 56 * segments.len() as u64;
    let mut file = [0x7f, b'E', b'L', b'F', 2, 1, 1, 0].to_vec();
    file.extend([0; 8]);
    for half in [2_u16, 243] {
        file.extend(half.to_le_bytes());
    }
    file.extend(1_u32.to_le_bytes());
    for word in [entry, 64, 0] {
        file.extend(word.to_le_bytes());
    }
    file.extend(0_u32.to_le_bytes());
    for half in [64, 56, segments.len() as u16, 64, 0, 0] {
        file.extend(half.to_le_bytes());
    }
    // A loader that maps pages wants offsets that agree with addresses modulo their size.
    let mut offset = headers.next_multiple_of(4096);
    for Segment { address, bytes, size, flags } in segments {
        file.extend([1_u32.to_le_bytes(), flags.to_le_bytes()].concat());
        for word in [offset, *address, *address, bytes.len() as u64, *size, 4096] {
            file.extend(word.to_le_bytes());
        }
        offset += (bytes.len() as u64).next_multiple_of(4096);
    }
    for Segment { bytes, .. } in segments {
        file.resize(file.len().next_multiple_of(4096), 0);
        file.extend(bytes);
    }
    file
}
