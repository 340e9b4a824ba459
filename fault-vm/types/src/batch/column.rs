//! One field of every transaction: a column of big-endian values of up to `N` bytes.
//!
//! | form | layout |
//! |---|---|
//! | plain | `width u8` (1 to N), then `width` planes: the most significant byte of every value, then the next, ... |
//! | scaled | `0x40 + width`, planes of mantissas, then one byte each: the power of ten to multiply by |
//! | dictionary | `0x80 + index width` (1 to 4), `size u32`, a plain or scaled column of `size` values, planes of indices |
//!
//! Planes turn the leading zeroes of small values, and whatever neighbouring values share, into runs that cost nothing once
//! compressed. Values of 16 bytes and more stand whole instead, in order: addresses and hashes share nothing with their
//! neighbours, but may be found again in another column. Every value takes at least one byte ([`SCALAR`]), or four where a value stands for a list entry ([`ENTRY`]), so a
//! column never asks for more memory than a small multiple of its bytes. An empty column has no bytes at all.

use super::{BatchError, reader::Reader};
use alloc::{collections::BTreeMap, vec, vec::Vec};
use alloy_primitives::U256;

/// Least width of the fields of transactions and blocks.
pub(crate) const SCALAR: usize = 1;
/// Least width of list entries: they are many times larger in memory, and nothing else bounds how many there are.
pub(crate) const ENTRY: usize = 4;

/// Values this wide are addresses and hashes: they stand whole, one after the other, so that the same address in another
/// column is found again. Narrower ones stand in planes.
const ROW_WIDTH: usize = 16;

const SCALED: u8 = 0x40;
const DICTIONARY: u8 = 0x80;
/// 10^77 is the largest power of ten below 2^256.
const MAX_EXPONENT: u8 = 77;

/// Writes the column in the form that is likely to be the smallest once compressed.
pub(crate) fn write<const N: usize>(out: &mut Vec<u8>, least: usize, values: &[[u8; N]]) {
    if values.is_empty() {
        return;
    }
    let mut distinct = BTreeMap::new();
    for value in values {
        let next = distinct.len();
        distinct.entry(*value).or_insert(next);
    }
    let index_width = significant(&distinct.len().saturating_sub(1).to_be_bytes()).max(least);
    let dictionary_cost = weight(distinct.keys()).saturating_add(values.len().saturating_mul(index_width));
    if distinct.len() > 1 && dictionary_cost >= weight(values.iter()) {
        return write_values(out, least, values);
    }
    // In order of appearance: the same addresses in the same order are found again by the compressor.
    let mut entries: Vec<_> = distinct.iter().collect();
    entries.sort_unstable_by_key(|(_, index)| **index);
    let entries: Vec<[u8; N]> = entries.into_iter().map(|(value, _)| *value).collect();
    let indices: Vec<[u8; 8]> = values.iter().map(|value| distinct.get(value).map_or(0, |&index| index as u64).to_be_bytes()).collect();
    out.push(DICTIONARY | width_byte(index_width));
    // A batch has fewer values than its 8 MiB have bytes.
    out.extend_from_slice(&(entries.len() as u32).to_be_bytes());
    write_values(out, SCALAR, &entries);
    write_planes(out, &indices, index_width);
}

/// Reads a column of `count` values.
pub(crate) fn read<const N: usize>(reader: &mut Reader<'_>, least: usize, count: usize) -> Result<Vec<[u8; N]>, BatchError> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let head = reader.byte()?;
    if head & DICTIONARY == 0 {
        return read_values(reader, least, count, head);
    }
    let size = reader.length()?;
    if size == 0 || size > count {
        return Err(BatchError::Dictionary { size, count });
    }
    let entries_head = reader.byte()?;
    let entries = read_values::<N>(reader, SCALAR, size, entries_head)?;
    let indices = read_planes::<4>(reader, least, count, head & !DICTIONARY)?;
    let look_up = |index: [u8; 4]| {
        let index = u32::from_be_bytes(index) as usize;
        entries.get(index).copied().ok_or(BatchError::Index { index, size })
    };
    indices.into_iter().map(look_up).collect()
}

/// A plain or scaled column.
fn write_values<const N: usize>(out: &mut Vec<u8>, least: usize, values: &[[u8; N]]) {
    let scaled: Vec<([u8; N], u8)> = values.iter().map(unscale).collect();
    let mantissas: Vec<[u8; N]> = scaled.iter().map(|(mantissa, _)| *mantissa).collect();
    let scaled_cost = weight(mantissas.iter()).saturating_add(values.len() / 2);
    if scaled_cost >= weight(values.iter()) {
        let width = width(values).max(least);
        out.push(width_byte(width));
        return write_planes(out, values, width);
    }
    let width = width(&mantissas).max(least);
    out.push(SCALED | width_byte(width));
    write_planes(out, &mantissas, width);
    out.extend(scaled.iter().map(|(_, exponent)| *exponent));
}

fn read_values<const N: usize>(reader: &mut Reader<'_>, least: usize, count: usize, head: u8) -> Result<Vec<[u8; N]>, BatchError> {
    let mut values = read_planes(reader, least, count, head & !SCALED)?;
    if head & SCALED != 0 {
        for (value, &exponent) in values.iter_mut().zip(reader.take(count)?) {
            *value = scale(value, exponent)?;
        }
    }
    Ok(values)
}

fn write_planes<const N: usize>(out: &mut Vec<u8>, values: &[[u8; N]], width: usize) {
    if width >= ROW_WIDTH {
        return values.iter().for_each(|value| out.extend(value.iter().skip(N.saturating_sub(width))));
    }
    for plane in N.saturating_sub(width)..N {
        out.extend(values.iter().filter_map(|value| value.get(plane)));
    }
}

fn read_planes<const N: usize>(reader: &mut Reader<'_>, least: usize, count: usize, width: u8) -> Result<Vec<[u8; N]>, BatchError> {
    let width = usize::from(width);
    if width < least || width > N {
        return Err(BatchError::Width { width, least, most: N });
    }
    let planes = reader.take(count.checked_mul(width).ok_or(BatchError::Range)?)?;
    let mut values = vec![[0; N]; count];
    if width >= ROW_WIDTH {
        for (value, row) in values.iter_mut().zip(planes.chunks_exact(width)) {
            value.iter_mut().skip(N.saturating_sub(width)).zip(row).for_each(|(slot, byte)| *slot = *byte);
        }
        return Ok(values);
    }
    for (plane, position) in planes.chunks_exact(count).zip(N.saturating_sub(width)..N) {
        for (value, &byte) in values.iter_mut().zip(plane) {
            if let Some(slot) = value.get_mut(position) {
                *slot = byte;
            }
        }
    }
    Ok(values)
}

/// Bytes without leading zeroes.
fn significant(value: &[u8]) -> usize {
    value.len().saturating_sub(value.iter().take_while(|&&byte| byte == 0).count())
}

/// The planes that hold every value.
fn width<const N: usize>(values: &[[u8; N]]) -> usize {
    values.iter().map(|value| significant(value)).max().unwrap_or(0)
}

/// A guess at what values cost once compressed: leading zeroes are free.
fn weight<'a, const N: usize>(values: impl Iterator<Item = &'a [u8; N]>) -> usize {
    values.fold(0, |sum, value| sum.saturating_add(significant(value)))
}

/// Widths are at most 32.
const fn width_byte(width: usize) -> u8 {
    width as u8
}

/// The value without its trailing decimal zeroes, and how many there were.
fn unscale<const N: usize>(value: &[u8; N]) -> ([u8; N], u8) {
    let ten = U256::from(10);
    let mut mantissa = U256::from_be_slice(value);
    let mut exponent = 0u8;
    while !mantissa.is_zero() {
        let (quotient, remainder) = mantissa.div_rem(ten);
        if !remainder.is_zero() {
            break;
        }
        mantissa = quotient;
        exponent = exponent.saturating_add(1);
    }
    (narrow(mantissa).unwrap_or(*value), exponent)
}

fn scale<const N: usize>(mantissa: &[u8; N], exponent: u8) -> Result<[u8; N], BatchError> {
    if exponent == 0 {
        return Ok(*mantissa);
    }
    if exponent > MAX_EXPONENT {
        return Err(BatchError::Range);
    }
    let factor = U256::from(10).pow(U256::from(exponent));
    let product = U256::from_be_slice(mantissa).checked_mul(factor).ok_or(BatchError::Range)?;
    narrow(product).ok_or(BatchError::Range)
}

/// The low `N` bytes, if there is nothing above them.
fn narrow<const N: usize>(value: U256) -> Option<[u8; N]> {
    let bytes = value.to_be_bytes::<32>();
    let (high, low) = bytes.split_at_checked(32usize.saturating_sub(N))?;
    if high.iter().any(|&byte| byte != 0) {
        return None;
    }
    low.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round_trip<const N: usize>(values: &[[u8; N]]) -> usize {
        let mut out = Vec::new();
        write(&mut out, ENTRY.min(N), values);
        let mut reader = Reader::new(&out);
        assert_eq!(read::<N>(&mut reader, ENTRY.min(N), values.len()).unwrap(), values);
        assert_eq!(reader.remaining(), 0);
        out.clear();
        write(&mut out, SCALAR, values);
        let mut reader = Reader::new(&out);
        assert_eq!(read::<N>(&mut reader, SCALAR, values.len()).unwrap(), values);
        assert_eq!(reader.remaining(), 0);
        out.len()
    }

    fn numbers(values: &[u64]) -> Vec<[u8; 8]> {
        values.iter().map(|value| value.to_be_bytes()).collect()
    }

    #[test]
    fn equal_values_take_one_byte_each() {
        assert_eq!(round_trip(&numbers(&[77_777_777; 1000])), 1 + 4 + 1 + 4 + 1000);
    }

    #[test]
    fn round_decimal_amounts_are_scaled() {
        let ether = |count: u64| U256::from(count).checked_mul(U256::from(10u64.pow(18))).unwrap().to_be_bytes::<32>();
        let values: Vec<_> = (1..=200).map(ether).collect();
        assert_eq!(round_trip(&values), 1 + 200 + 200);
    }

    #[test]
    fn an_index_beyond_the_dictionary_is_refused() {
        let bytes = [0x81, 0, 0, 0, 1, 1, 9, 0, 1];
        assert_eq!(read::<8>(&mut Reader::new(&bytes), SCALAR, 2), Err(BatchError::Index { index: 1, size: 1 }));
    }

    #[test]
    fn a_dictionary_is_never_empty_nor_larger_than_its_column() {
        for size in [0, 3] {
            let bytes = [0x81, 0, 0, 0, size, 1, 7, 8, 9, 0, 1];
            let error = BatchError::Dictionary { size: usize::from(size), count: 2 };
            assert_eq!(read::<8>(&mut Reader::new(&bytes), SCALAR, 2), Err(error));
        }
    }

    #[test]
    fn a_scaled_value_that_overflows_is_refused() {
        assert_eq!(read::<8>(&mut Reader::new(&[0x41, 1, 20]), SCALAR, 1), Err(BatchError::Range));
        assert_eq!(read::<32>(&mut Reader::new(&[0x41, 1, 78]), SCALAR, 1), Err(BatchError::Range));
        assert_eq!(read::<32>(&mut Reader::new(&[0x41, 2, 77]), SCALAR, 1), Err(BatchError::Range));
    }

    #[test]
    fn a_count_beyond_the_bytes_allocates_nothing() {
        let error = BatchError::Truncated { needed: 1 << 40, left: 1 };
        assert_eq!(read::<8>(&mut Reader::new(&[1, 7]), SCALAR, 1 << 40), Err(error));
        assert_eq!(read::<8>(&mut Reader::new(&[9, 7]), SCALAR, 1), Err(BatchError::Width { width: 9, least: 1, most: 8 }));
        assert_eq!(read::<8>(&mut Reader::new(&[0, 7]), SCALAR, 1), Err(BatchError::Width { width: 0, least: 1, most: 8 }));
    }

    proptest! {
        #[test]
        fn any_column_survives_the_round_trip(values in prop::collection::vec(any::<[u8; 20]>(), 0..50), pick in prop::collection::vec(any::<u8>(), 0..100), numbers in prop::collection::vec(any::<u64>(), 0..50)) {
            round_trip(&values);
            if !values.is_empty() {
                let repeated: Vec<_> = pick.iter().map(|&i| values[usize::from(i) % values.len()]).collect();
                round_trip(&repeated);
            }
            let decimal: Vec<[u8; 32]> = numbers.iter().map(|&n| U256::from(n % 5000).checked_mul(U256::from(10u64.pow((n % 19) as u32))).unwrap().to_be_bytes()).collect();
            round_trip(&decimal);
            round_trip(&numbers.iter().map(|n| n.to_be_bytes()).collect::<Vec<_>>());
        }

        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), count in 0usize..300) {
            let _ = read::<8>(&mut Reader::new(&bytes), SCALAR, count);
            let _ = read::<32>(&mut Reader::new(&bytes), SCALAR, count);
        }
    }
}
