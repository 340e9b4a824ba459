//! The loads that are measured.

use super::{
    span::Prefix,
    traffic::{Traffic, erc20, erc20_varied},
};
use gainsay_types::{
    Transaction,
    batch::{Batch, BatchBlock},
};

const PER_BLOCK: usize = 100;

/// Blocks to pack.
pub(crate) struct Load {
    pub(crate) name: &'static str,
    /// What it is, for people.
    pub(crate) title: &'static str,
    pub(crate) blocks: Vec<Vec<Transaction>>,
}

impl Load {
    pub(crate) fn all() -> [Self; 3] {
        let mut traffic = Traffic::new(6);
        let in_blocks = |all: Vec<Transaction>| all.chunks(PER_BLOCK).map(<[_]>::to_vec).collect();
        [
            Self { name: "erc20", title: "ERC-20 transfers to fresh recipients", blocks: in_blocks(erc20(5_000)) },
            Self { name: "erc20 varied", title: "the same, 500 different amounts", blocks: in_blocks(erc20_varied(5_000)) },
            Self { name: "busy", title: "busy mix", blocks: (0..80).map(|_| traffic.block(PER_BLOCK)).collect() },
        ]
    }

    pub(crate) fn batch(&self) -> Batch {
        let block = |transactions: &Vec<Transaction>| BatchBlock { delay_ms: 0, deposits: 0, transactions: transactions.clone() };
        Batch { blocks: self.blocks.iter().map(block).collect() }
    }

    pub(crate) fn prefix(&self) -> Prefix {
        // Any hashes: they cost 40 bytes.
        let hash = |seed| gainsay_types::testing::Dice::new(seed).address().into_array();
        Prefix { elapsed: 31_000_000, origin: 24_000_000, parent: hash(1), origin_hash: hash(2) }
    }

    pub(crate) fn transactions(&self) -> usize {
        self.blocks.iter().map(Vec::len).sum()
    }

    pub(crate) fn per_transaction(&self, bytes: usize) -> f64 {
        bytes as f64 / self.transactions() as f64
    }
}
