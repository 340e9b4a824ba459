mod claims;
mod feed;
mod malformed;
mod node;
mod server;
mod wallet;
mod witness;
