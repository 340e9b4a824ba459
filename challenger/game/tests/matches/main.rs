//! Whole matches between the truth and lies, on real runs of a tiny machine program.

mod errors;
mod refusals;
mod table;
mod truths;
mod whole;
mod windows;
