//! The least of many prices that come and go.

/// A multiset of prices, wei per gas, that knows its least one. A sender asks the same for most of its transactions, so a sorted list of the few
/// different ones is the cheapest.
#[derive(Debug, Default)]
pub(crate) struct Prices(Vec<(u128, u32)>);

impl Prices {
    pub(crate) fn insert(&mut self, price: u128) {
        match self.0.binary_search_by_key(&price, |(price, _)| *price) {
            Ok(at) => {
                if let Some((_, count)) = self.0.get_mut(at) {
                    *count = count.saturating_add(1);
                }
            }
            Err(at) => self.0.insert(at, (price, 1)),
        }
    }

    /// One of this price is gone.
    pub(crate) fn remove(&mut self, price: u128) {
        let Ok(at) = self.0.binary_search_by_key(&price, |(price, _)| *price) else { return };
        match self.0.get_mut(at) {
            Some((_, count)) if *count > 1 => *count = count.saturating_sub(1),
            _ => drop(self.0.remove(at)),
        }
    }

    /// The least price; zero if there is none.
    pub(crate) fn least(&self) -> u128 {
        self.0.first().map_or(0, |(price, _)| *price)
    }
}
