//! Against a real development node.

mod beacon;
mod blobs;
mod chain;
mod deploy;
mod follow;
mod meddler;
mod send;
