//! Against a real development node.

mod beacon;
mod blobs;
mod chain;
mod deploy;
mod fleet;
mod follow;
mod heads;
mod meddler;
mod send;
