use crate::{core_mix, keccak_chain, sha256_chain, walk};

/// The programs, by the number that the first byte of the input names them with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Workload {
    /// Keccak-256 of the hash before: rotations, xors and wide straight lines.
    Keccak = 0,
    /// SHA-256 of the hash before: 32-bit additions and rotations in loops.
    Sha256 = 1,
    /// Lists, matrices, a state machine and a checksum: short blocks, branches, byte loads.
    CoreMix = 2,
    /// Reads and writes at random in 4 MiB.
    Walk = 3,
}

impl Workload {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Keccak, Self::Sha256, Self::CoreMix, Self::Walk];

    /// As the benchmark prints it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Keccak => "keccak",
            Self::Sha256 => "sha256",
            Self::CoreMix => "core-mix",
            Self::Walk => "random-memory",
        }
    }
}

/// What one run computes. As the machine's input: `workload u8 ‖ zeroes ‖ rounds u64`, big-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job {
    /// The program.
    pub workload: Workload,
    /// How often its round is done; the work is in proportion.
    pub rounds: u64,
}

impl Job {
    /// The input that names this job.
    pub fn input(&self) -> [u8; 32] {
        let mut input = [0; 32];
        input[0] = self.workload as u8;
        input[24..].copy_from_slice(&self.rounds.to_be_bytes());
        input
    }

    /// The job that an input names, or nothing if there is no such workload.
    pub fn from_input(input: &[u8; 32]) -> Option<Self> {
        let workload = *Workload::ALL.get(usize::from(input[0]))?;
        let rounds = input[24..].iter().fold(0, |rounds, byte| rounds << 8 | u64::from(*byte));
        Some(Self { workload, rounds })
    }

    /// Does the work. The result depends on every round.
    pub fn run(&self) -> [u8; 32] {
        let seed = self.input();
        match self.workload {
            Workload::Keccak => keccak_chain(seed, self.rounds),
            Workload::Sha256 => sha256_chain(seed, self.rounds),
            Workload::CoreMix => core_mix(seed, self.rounds),
            Workload::Walk => walk(seed, self.rounds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_names_its_job() {
        for workload in Workload::ALL {
            let job = Job { workload, rounds: 0x0102_0304_0506_0708 };
            assert_eq!(Job::from_input(&job.input()), Some(job));
        }
    }

    #[test]
    fn an_input_beyond_the_list_names_none() {
        let mut input = [0; 32];
        input[0] = 4;
        assert_eq!(Job::from_input(&input), None);
    }

    #[test]
    fn each_workload_depends_on_its_rounds() {
        for workload in Workload::ALL {
            let results: alloc::vec::Vec<_> = (1..4).map(|rounds| Job { workload, rounds }.run()).collect();
            assert!(results[0] != results[1] && results[1] != results[2] && results[0] != results[2], "{}", workload.name());
        }
    }
}
