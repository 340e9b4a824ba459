#![doc = include_str!("../README.md")]

mod access_list;
mod blocks;
mod brief;
mod engine;
mod error;
mod estimate;
mod overlay;
mod overrides;
mod precompiles;
mod refusal;
mod request;
mod scene;
mod watch;
mod watched;

pub use blocks::{Base, simulate};
pub use engine::SimulationContext;
pub use error::{OrderError, OverrideError, ReadError, SimulationError};
pub use overlay::Overlay;
pub use overrides::{override_block, override_state};
pub use precompiles::Precompiles;
pub use refusal::{Refusal, halt_message, revert_message};
pub use scene::{Allowance, Scene};
pub use watch::Watch;
pub use watched::Watched;

#[cfg(test)]
mod tests;
