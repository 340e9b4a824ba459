//! One layer's blocks, and what they come to.

use super::page::{Flow, Page, Places};
use alloy::{
    eips::BlockNumberOrTag,
    primitives::{Address, B256, U256},
    providers::{DynProvider, Provider},
    sol,
};
use eyre::{OptionExt, ensure};
use std::collections::{BTreeMap, BTreeSet};

sol! {
    #[sol(rpc)]
    interface Tokens {
        function balanceOf(address owner) external view returns (uint256);
        function totalSupply() external view returns (uint256);
    }
}

/// Of a token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holdings {
    /// What there is of it.
    pub(crate) supply: U256,
    /// What the bridge has.
    pub(crate) bridge: U256,
}

/// All blocks of a layer since the book was opened.
#[derive(Debug)]
pub(crate) struct Book {
    name: &'static str,
    rpc: DynProvider,
    places: Places,
    /// The block before the first page.
    opened_at: u64,
    /// Wei of accounts that had some then.
    opening: BTreeMap<Address, U256>,
    pages: Vec<Page>,
}

impl Book {
    /// Opens it at a block: what these accounts have there is taken as it is.
    pub(crate) async fn open(
        name: &'static str,
        rpc: DynProvider,
        places: Places,
        opened_at: u64,
        accounts: &[Address],
    ) -> eyre::Result<Self> {
        let mut book = Self { name, rpc, places, opened_at, opening: BTreeMap::new(), pages: Vec::new() };
        for account in accounts {
            let wei = book.balance(*account).await?;
            book.opening.insert(*account, wei);
        }
        Ok(book)
    }

    /// Asks another node from now on.
    pub(crate) fn ask(&mut self, rpc: DynProvider) {
        self.rpc = rpc;
    }

    /// Number of the newest block in it.
    pub(crate) fn tip(&self) -> u64 {
        self.opened_at + self.pages.len() as u64
    }

    /// Reads up to the newest block, after dropping what the layer has replaced.
    pub(crate) async fn catch_up(&mut self) -> eyre::Result<()> {
        while let Some(last) = self.pages.last() {
            if self.hash(self.tip()).await? == Some(last.hash) {
                break;
            }
            self.pages.pop();
        }
        for number in self.tip() + 1..=self.rpc.get_block_number().await? {
            self.pages.push(Page::read(&self.rpc, number, &self.places).await?);
        }
        Ok(())
    }

    async fn hash(&self, number: u64) -> eyre::Result<Option<B256>> {
        let block: Option<serde_json::Value> =
            self.rpc.raw_request("eth_getBlockByNumber".into(), (BlockNumberOrTag::Number(number), false)).await?;
        Ok(block.and_then(|block| block["hash"].as_str()?.parse().ok()))
    }

    async fn balance(&self, account: Address) -> eyre::Result<U256> {
        Ok(self.rpc.get_balance(account).number(self.tip()).await?)
    }

    /// Every account that ether came to.
    pub(crate) fn accounts(&self) -> BTreeSet<Address> {
        self.pages.iter().flat_map(|page| &page.ether).filter_map(|flow| flow.to).chain(self.opening.keys().copied()).collect()
    }

    /// Fails at the first of these accounts that has another balance than the pages, and what else has flowed, make it.
    pub(crate) async fn check_ether(&self, accounts: &BTreeSet<Address>, beside: &[Flow]) -> eyre::Result<()> {
        for account in accounts {
            let opening = self.opening.get(account).copied().unwrap_or_default();
            let flows = self.pages.iter().flat_map(|page| &page.ether).chain(beside);
            let expected = sum(opening, *account, flows).ok_or_else(|| eyre::eyre!("{}: {account} gave more than it had", self.name))?;
            let found = self.balance(*account).await?;
            ensure!(found == expected, "{}: at block {} {account} has {found} wei, and should have {expected}", self.name, self.tip());
        }
        Ok(())
    }

    /// The same for tokens, all that were created since, and for their supply. What there is of each, and what the bridge holds.
    pub(crate) async fn check_tokens(&self) -> eyre::Result<BTreeMap<Address, Holdings>> {
        let mut tokens = BTreeMap::<_, Vec<Flow>>::new();
        for (token, flow) in self.pages.iter().flat_map(|page| &page.tokens) {
            tokens.entry(*token).or_default().push(*flow);
        }
        let mut all = BTreeMap::new();
        for (token, flows) in tokens {
            let contract = Tokens::new(token, &self.rpc);
            let owners: BTreeSet<_> = flows.iter().flat_map(|flow| [flow.from, flow.to]).flatten().collect();
            let mut supply = U256::ZERO;
            for owner in owners {
                let expected = sum(U256::ZERO, owner, &flows).ok_or_eyre("an owner gave more tokens than it had")?;
                let found = contract.balanceOf(owner).block(self.tip().into()).call().await?;
                ensure!(found == expected, "{}: {owner} has {found} of {token}, and should have {expected}", self.name);
                supply += found;
            }
            let found = contract.totalSupply().block(self.tip().into()).call().await?;
            ensure!(found == supply, "{}: {token} has a supply of {found}, its owners have {supply}", self.name);
            let bridge = sum(U256::ZERO, self.places.bridge, &flows).ok_or_eyre("the bridge gave more tokens than it had")?;
            all.insert(token, Holdings { supply, bridge });
        }
        Ok(all)
    }

    /// Something of all pages, in order.
    pub(crate) fn all<T: Clone>(&self, of: impl Fn(&Page) -> &[T]) -> Vec<T> {
        self.pages.iter().flat_map(|page| of(page).to_vec()).collect()
    }

    /// The contracts of the bridge.
    pub(crate) const fn places(&self) -> &Places {
        &self.places
    }
}

/// What an account has after these flows; none if it would be below zero.
fn sum<'a>(opening: U256, account: Address, flows: impl IntoIterator<Item = &'a Flow>) -> Option<U256> {
    let (mut taken, mut given) = (opening, U256::ZERO);
    for flow in flows {
        if flow.to == Some(account) {
            taken += flow.amount;
        }
        if flow.from == Some(account) {
            given += flow.amount;
        }
    }
    taken.checked_sub(given)
}
