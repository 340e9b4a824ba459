//! What each side had, spent and got.

use crate::{
    deed::Deed,
    people::{People, Side},
    words::{Line, change, ether, grouped},
};
use alloy::{
    eips::BlockId,
    primitives::{Address, U256},
};
use gainsay_l1::L1Client;
use std::collections::BTreeMap;

/// What an account has spent since the story began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Spent {
    transactions: u64,
    reverted: u64,
    gas: u64,
    fees: U256,
}

/// Balances and what was spent.
pub(crate) struct Purses {
    before: BTreeMap<Address, U256>,
    spent: BTreeMap<Address, Spent>,
}

/// Balances of all at an L1 block, wei.
///
/// # Errors
/// If L1 cannot be reached.
async fn balances(client: &L1Client, people: &People, at: u64) -> eyre::Result<BTreeMap<Address, U256>> {
    let mut balances = BTreeMap::new();
    for named in people.all() {
        let balance: U256 = client.request("eth_getBalance", (named.address, BlockId::number(at))).await?;
        balances.insert(named.address, balance);
    }
    Ok(balances)
}

impl Purses {
    /// As they are at an L1 block.
    ///
    /// # Errors
    /// If L1 cannot be reached.
    pub(crate) async fn at(client: &L1Client, people: &People, block: u64) -> eyre::Result<Self> {
        Ok(Self { before: balances(client, people, block).await?, spent: BTreeMap::new() })
    }

    /// Who there is, and what they have.
    pub(crate) fn cast(&self, people: &People) -> Vec<Line> {
        let width = people.width();
        let line = |name: &str, address: &Address| {
            format!("{name:<width$}  {address}  {} ETH", ether(self.before.get(address).copied().unwrap_or_default()))
        };
        let honest = people.honest.iter().map(|named| Line::Honest(line(&named.name, &named.address)));
        honest.chain(people.liars.iter().map(|named| Line::Lie(line(&named.name, &named.address)))).collect()
    }

    pub(crate) fn spend(&mut self, deed: &Deed) {
        let spent = self.spent.entry(deed.from).or_default();
        spent.transactions += 1;
        spent.reverted += u64::from(!deed.done);
        spent.gas += deed.gas;
        spent.fees += deed.fee;
    }

    /// The table at the end, and whether the honest have more than before, all together.
    ///
    /// # Errors
    /// If L1 cannot be reached.
    pub(crate) async fn close(&self, client: &L1Client, people: &People, block: u64) -> eyre::Result<(Vec<Line>, bool)> {
        let after = balances(client, people, block).await?;
        Ok((self.table(people, &after), gained(people, &self.before, &after)))
    }

    fn table(&self, people: &People, after: &BTreeMap<Address, U256>) -> Vec<Line> {
        let width = people.width();
        let head =
            format!("{:<width$}  {:>15}  {:>15}  {:>11}  {:>12}  {:>10}", "", "ETH before", "ETH after", "change", "transactions", "gas");
        let mut lines = vec![Line::Fact(head)];
        for named in people.all() {
            let (before, after) = (of(&self.before, &named.address), of(after, &named.address));
            let spent = self.spent.get(&named.address).copied().unwrap_or_default();
            let row = format!(
                "{:<width$}  {:>15}  {:>15}  {:>11}  {:>12}  {:>10}",
                named.name,
                ether(before),
                ether(after),
                change(before, after),
                spent.transactions,
                grouped(spent.gas)
            );
            let side = people.side(&named.address);
            lines.push(if side == Side::Honest { Line::Honest(row) } else { Line::Lie(row) });
            if spent.reverted > 0 {
                lines.push(Line::Fact(format!("{:<width$}  {} of the transactions reverted", "", spent.reverted)));
            }
        }
        let fees: U256 = people.all().filter_map(|named| self.spent.get(&named.address)).map(|spent| spent.fees).sum();
        lines.push(Line::Fact(format!("{:<width$}  fees of all these transactions: {} ETH", "", ether(fees))));
        lines
    }
}

fn of(balances: &BTreeMap<Address, U256>, address: &Address) -> U256 {
    balances.get(address).copied().unwrap_or_default()
}

/// Whether the honest side has more than before.
fn gained(people: &People, before: &BTreeMap<Address, U256>, after: &BTreeMap<Address, U256>) -> bool {
    let sum = |balances: &BTreeMap<Address, U256>| people.honest.iter().map(|named| of(balances, &named.address)).sum::<U256>();
    sum(after) > sum(before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::Named;

    #[test]
    fn only_the_balances_of_the_honest_decide_whether_they_gained() {
        let (a, b, liar) = (Address::repeat_byte(1), Address::repeat_byte(2), Address::repeat_byte(3));
        let named = |name: &str, address| Named { name: name.to_owned(), address };
        let people = People { honest: vec![named("a", a), named("b", b)], liars: vec![named("liar", liar)] };
        let balances = |x: u64, y: u64, z: u64| BTreeMap::from([(a, U256::from(x)), (b, U256::from(y)), (liar, U256::from(z))]);
        let before = balances(10, 10, 10);
        assert!(gained(&people, &before, &balances(9, 12, 0)));
        assert!(!gained(&people, &before, &balances(9, 11, 50)));
        assert!(!gained(&people, &before, &balances(0, 12, 10)));
    }
}
