mod activity;
mod chain;
mod limits;
mod random;
mod steps;
mod vectors;
