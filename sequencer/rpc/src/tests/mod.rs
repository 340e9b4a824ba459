mod claims;
mod deposits;
mod feed;
mod malformed;
mod node;
mod server;
mod wallet;
mod witness;
