//! What each transaction of a dispute costs on L1, as the contracts' tests have measured it.

use std::collections::BTreeMap;

/// Committed by the contracts' gas tests; the numbers are strings in it.
const MEASURED: &str = include_str!("../../../../contracts/snapshots/Dispute.json");

/// Gas of whole transactions by what they do.
pub(super) struct Gas(BTreeMap<String, String>);

impl Gas {
    pub(super) fn measured() -> Self {
        Self(serde_json::from_str(MEASURED).unwrap_or_default())
    }

    /// Of an act by its name; none for what was not measured, such as loading a preimage, whose cost depends on its length.
    pub(super) fn of(&self, act: &str) -> Option<u64> {
        let name = match act {
            "open and dissect" => "dispute.open",
            "move" => "dispute.move",
            "enter machine" => "dispute.machine",
            "step" => "dispute.step",
            "timeout" => "dispute.timeout",
            _ => return None,
        };
        self.0.get(name)?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_move_of_a_dispute_has_been_measured() {
        let gas = Gas::measured();
        for act in ["open and dissect", "move", "enter machine", "step", "timeout"] {
            assert!(gas.of(act).is_some_and(|gas| (20_000..1_000_000).contains(&gas)), "{act}: {:?}", gas.of(act));
        }
        assert_eq!(gas.of("load"), None);
    }
}
