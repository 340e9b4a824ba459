//! Against a real development node.

mod blobs;
mod chain;
mod deploy;
mod follow;
mod meddler;
mod send;
