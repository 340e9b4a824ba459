//! Who plays: names and sides of addresses.

use alloy::primitives::{Address, U256};
use std::str::FromStr;

/// Stake ids are owner ‖ nonce, and the nonce has so many bits.
const NONCE_BITS: usize = 96;

/// On which side somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Says what is true.
    Honest,
    /// Was started to lie.
    Liar,
    /// Nobody that the story is about.
    Other,
}

/// An address with a name, as `NAME=ADDRESS`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) address: Address,
}

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, address) = text.split_once('=').ok_or_else(|| format!("{text} is not NAME=ADDRESS"))?;
        let address = address.parse().map_err(|error| format!("{address} is no address: {error}"))?;
        if name.is_empty() { Err("the name is missing: NAME=ADDRESS".to_owned()) } else { Ok(Self { name: name.to_owned(), address }) }
    }
}

/// All whom the story is about.
#[derive(Clone, Debug)]
pub(crate) struct People {
    pub(crate) honest: Vec<Named>,
    pub(crate) liars: Vec<Named>,
}

impl People {
    /// Everybody, the honest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Named> {
        self.honest.iter().chain(&self.liars)
    }

    pub(crate) fn side(&self, address: &Address) -> Side {
        let has = |list: &[Named]| list.iter().any(|named| named.address == *address);
        match (has(&self.honest), has(&self.liars)) {
            (true, _) => Side::Honest,
            (_, true) => Side::Liar,
            _ => Side::Other,
        }
    }

    /// The name, or the address of somebody without one.
    pub(crate) fn name(&self, address: &Address) -> String {
        self.all().find(|named| named.address == *address).map_or_else(|| address.to_string(), |named| named.name.clone())
    }

    /// The name of the owner of a stake.
    pub(crate) fn owner(&self, stake: &U256) -> String {
        self.name(&owner_of(stake))
    }

    /// Columns of the longest name.
    pub(crate) fn width(&self) -> usize {
        self.all().map(|named| named.name.chars().count()).max().unwrap_or_default()
    }
}

/// Who placed a stake: the id says so.
pub(crate) fn owner_of(stake: &U256) -> Address {
    Address::from_word((*stake >> NONCE_BITS).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stake_is_told_by_the_name_of_its_owner() {
        let (a, b) = (Address::repeat_byte(1), Address::repeat_byte(2));
        let named = |name: &str, address| Named { name: name.to_owned(), address };
        let people = People { honest: vec![named("challenger", a)], liars: vec![named("liar", b)] };
        let stake = |owner: Address| (U256::from_be_slice(owner.as_slice()) << NONCE_BITS) | U256::from(7);
        assert_eq!((people.owner(&stake(a)), people.owner(&stake(b))), ("challenger".to_owned(), "liar".to_owned()));
        assert_eq!((people.side(&a), people.side(&b), people.side(&Address::ZERO)), (Side::Honest, Side::Liar, Side::Other));
        assert_eq!(people.width(), 10);
    }

    #[test]
    fn a_name_and_an_address_are_read_and_anything_else_is_refused() {
        let read = "liar=0x0202020202020202020202020202020202020202".parse::<Named>();
        assert_eq!(read, Ok(Named { name: "liar".to_owned(), address: Address::repeat_byte(2) }));
        for wrong in ["liar", "=0x0202020202020202020202020202020202020202", "liar=0x02"] {
            assert!(wrong.parse::<Named>().is_err(), "{wrong}");
        }
    }
}
