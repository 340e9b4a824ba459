//! Ether and tokens between the layers, by the commands that people type, on a real network; and every wei of it, on both layers.

mod books;
mod crossing;
mod deeds;
mod forced;
mod life;
mod random;
