//! Keys of 32 bytes, nibble by nibble.

use alloy_primitives::B256;

/// Nibbles of a key.
pub(crate) const NIBBLES: u8 = 64;

/// The nibble of a key at a depth below 64.
#[inline]
pub(crate) fn nibble(key: &B256, depth: u8) -> u8 {
    let byte = key.0[usize::from(depth / 2)];
    if depth.is_multiple_of(2) { byte >> 4 } else { byte & 15 }
}

/// How many nibbles two keys have in common at the start.
#[inline]
pub(crate) fn common(a: &B256, b: &B256) -> u8 {
    let Some(byte) = a.0.iter().zip(&b.0).position(|(a, b)| a != b) else { return NIBBLES };
    // At most 31.
    let depth = byte as u8 * 2;
    depth + u8::from(a.0[byte] >> 4 == b.0[byte] >> 4)
}

/// The first nibbles of keys: where a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix {
    /// The nibbles, then zeroes.
    key: B256,
    depth: u8,
}

impl Prefix {
    /// Of no nibbles: the root's.
    pub const ROOT: Self = Self { key: B256::ZERO, depth: 0 };

    /// The first `depth` nibbles of a key.
    #[must_use]
    #[inline]
    pub fn of(key: &B256, depth: u8) -> Self {
        let depth = depth.min(NIBBLES);
        let mut first = *key;
        let whole = usize::from(depth.div_ceil(2));
        first.0[whole..].fill(0);
        if !depth.is_multiple_of(2) {
            first.0[whole - 1] &= 0xf0;
        }
        Self { key: first, depth }
    }

    /// Whether a key begins with it.
    #[must_use]
    #[inline]
    pub fn contains(&self, key: &B256) -> bool {
        common(&self.key, key) >= self.depth
    }

    /// How many nibbles.
    #[must_use]
    #[inline]
    pub const fn depth(&self) -> u8 {
        self.depth
    }

    /// The first key below it.
    #[must_use]
    #[inline]
    pub const fn first(&self) -> &B256 {
        &self.key
    }

    /// With one nibble more, of at most 64.
    #[must_use]
    #[inline]
    pub fn child(&self, nibble: u8) -> Self {
        if self.depth >= NIBBLES {
            return *self;
        }
        let mut key = self.key;
        let shift = if self.depth.is_multiple_of(2) { 4 } else { 0 };
        key.0[usize::from(self.depth / 2)] |= (nibble & 15) << shift;
        Self { key, depth: self.depth + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nibbles_of_a_prefix_are_those_it_was_made_of() {
        let prefix = Prefix::ROOT.child(1).child(0xf).child(3);
        assert_eq!(prefix.depth(), 3);
        assert_eq!([0, 1, 2].map(|depth| nibble(prefix.first(), depth)), [1, 0xf, 3]);
    }

    #[test]
    fn a_prefix_of_a_key_contains_the_keys_that_begin_as_it_does() {
        let key = B256::repeat_byte(0x12);
        let prefix = Prefix::of(&key, 3);
        assert_eq!(prefix, Prefix::ROOT.child(1).child(2).child(1));
        assert!(prefix.contains(&key) && !prefix.contains(&B256::repeat_byte(0x11)));
        assert_eq!((Prefix::of(&key, 64).first(), Prefix::of(&key, 0)), (&key, Prefix::ROOT));
    }

    #[test]
    fn keys_have_in_common_what_comes_before_the_first_difference() {
        let key = |byte: usize, value: u8| {
            let mut key = B256::ZERO;
            key.0[byte] = value;
            key
        };
        assert_eq!(common(&key(0, 0), &key(0, 0)), 64);
        assert_eq!(common(&key(3, 0x10), &key(3, 0x20)), 6);
        assert_eq!(common(&key(3, 0x11), &key(3, 0x12)), 7);
        assert_eq!(common(&key(31, 1), &key(31, 2)), 63);
    }
}
