//! The 254-bit packing of blobs.
