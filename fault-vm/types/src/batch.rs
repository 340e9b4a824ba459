//! The batch encoding.
