//! The book and the decisions made from it, against the rules of the game in Rust: what the contracts would hold, they hold.

mod agreement;
mod claims;
mod contradictions;
mod endings;
mod games;
mod listing;
mod plans;
mod random;
mod rewinds;
mod world;
