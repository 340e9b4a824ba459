use crate::sha256;

/// Items of the list, and entries of each matrix.
const ITEMS: usize = 64;
const SIDE: usize = 12;

/// No next item.
const END: u16 = u16::MAX;

/// A list whose items hold each other by index, so that each step waits for a load.
struct List {
    next: [u16; ITEMS],
    value: [i16; ITEMS],
    head: u16,
}

impl List {
    fn new(seed: u32) -> Self {
        let mut list = Self { next: [END; ITEMS], value: [0; ITEMS], head: 0 };
        for i in 0..ITEMS {
            list.value[i] = (seed.wrapping_mul(i as u32 * 2 + 1) >> 7) as i16;
            list.next[i] = if i + 1 < ITEMS { i as u16 + 1 } else { END };
        }
        list
    }

    fn reverse(&mut self) {
        let (mut done, mut item) = (END, self.head);
        while item != END {
            let next = self.next[usize::from(item)];
            self.next[usize::from(item)] = done;
            (done, item) = (item, next);
        }
        self.head = done;
    }

    /// How many items stand before the first with this value; the list's length if none has it.
    fn find(&self, value: i16) -> u32 {
        let (mut item, mut steps) = (self.head, 0);
        while item != END && self.value[usize::from(item)] != value {
            item = self.next[usize::from(item)];
            steps += 1;
        }
        steps
    }

    /// Merges runs of growing length, until one is left.
    fn sort(&mut self) {
        let mut run = 1;
        while run < ITEMS {
            let (mut rest, mut head, mut tail) = (self.head, END, END);
            while rest != END {
                let (mut left, mut left_size) = (rest, 0);
                while left_size < run && rest != END {
                    rest = self.next[usize::from(rest)];
                    left_size += 1;
                }
                let (mut right, mut right_size) = (rest, 0);
                while right_size < run && rest != END {
                    rest = self.next[usize::from(rest)];
                    right_size += 1;
                }
                while left_size + right_size > 0 {
                    let from_left = right_size == 0 || left_size > 0 && self.value[usize::from(left)] <= self.value[usize::from(right)];
                    let taken = if from_left { left } else { right };
                    let next = self.next[usize::from(taken)];
                    if from_left {
                        (left, left_size) = (next, left_size - 1);
                    } else {
                        (right, right_size) = (next, right_size - 1);
                    }
                    if tail == END {
                        head = taken;
                    } else {
                        self.next[usize::from(tail)] = taken;
                    }
                    tail = taken;
                }
            }
            self.next[usize::from(tail)] = END;
            self.head = head;
            run *= 2;
        }
    }
}

/// Multiplies two matrices of 16-bit numbers and folds the product.
fn matrices(seed: u32) -> u32 {
    let entry = |i: usize, turn: u32| (seed.rotate_left(turn).wrapping_mul(i as u32 + 1) >> 9) as i16;
    let mut left = [0; SIDE * SIDE];
    let mut right = [0; SIDE * SIDE];
    for i in 0..SIDE * SIDE {
        (left[i], right[i]) = (entry(i, 3), entry(i, 11));
    }
    let mut folded = 0u32;
    for row in 0..SIDE {
        for column in 0..SIDE {
            let mut sum = 0i32;
            for i in 0..SIDE {
                let product = i32::from(left[row * SIDE + i]).wrapping_mul(i32::from(right[i * SIDE + column]));
                sum = sum.wrapping_add((product >> 2 & 0xf).wrapping_mul(product >> 5 & 0x7f));
            }
            folded = folded.rotate_left(1) ^ sum as u32;
        }
    }
    folded
}

/// What a number in a text is, as far as it was read.
#[derive(Clone, Copy)]
enum Reading {
    Start,
    Sign,
    Whole,
    Fraction,
    Exponent,
    Bad,
}

/// Reads numbers separated by commas and counts how each ended.
fn numbers(text: &[u8]) -> [u32; 6] {
    let mut ends = [0; 6];
    let mut reading = Reading::Start;
    for byte in text {
        reading = match (reading, byte) {
            (ended, b',') => {
                ends[ended as usize] += 1;
                Reading::Start
            }
            (Reading::Start, b'+' | b'-') => Reading::Sign,
            (Reading::Start | Reading::Sign | Reading::Whole, b'0'..=b'9') => Reading::Whole,
            (Reading::Start | Reading::Sign | Reading::Whole, b'.') => Reading::Fraction,
            (Reading::Fraction, b'0'..=b'9') => Reading::Fraction,
            (Reading::Whole | Reading::Fraction, b'e' | b'E') => Reading::Exponent,
            (Reading::Exponent, b'0'..=b'9' | b'-') => Reading::Exponent,
            _ => Reading::Bad,
        };
    }
    ends
}

/// CRC-16 with the polynomial 0x8005, bit by bit.
fn checksum(mut crc: u16, value: u32) -> u16 {
    for byte in value.to_le_bytes() {
        let mut byte = byte;
        for _ in 0..8 {
            let carry = (crc as u8 ^ byte) & 1;
            (crc, byte) = (crc >> 1, byte >> 1);
            if carry != 0 {
                crc ^= 0xa001;
            }
        }
    }
    crc
}

/// Each round sorts and searches a list, multiplies matrices, reads a text, and sums up all of it.
pub fn core_mix(seed: [u8; 32], rounds: u64) -> [u8; 32] {
    let mut text = *b"5012,-874,+122,35.54400,.1234500,-110.700,5.500e+3,-.123e-2,-87e+832,+0.6e-12,T0.3e-1F,-T.T++Tq,1T3.4e4z,34.0e-T^,";
    let mut crc = 0u16;
    let mut state = seed.iter().fold(0x1234_5678u32, |mixed, byte| mixed.rotate_left(5) ^ u32::from(*byte));
    for round in 0..rounds {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let mut list = List::new(state);
        list.sort();
        crc = checksum(crc, list.find(list.value[usize::from(crc) % ITEMS]));
        list.reverse();
        crc = checksum(crc, list.find(state as i16));
        crc = checksum(crc, matrices(state));
        for count in numbers(&text) {
            crc = checksum(crc, count);
        }
        // One letter changes a round, so that no text is read twice in a row.
        let place = round as usize % text.len();
        text[place] = b"0123456789,.+-eT"[(state >> 16) as usize % 16];
        state ^= u32::from(crc);
    }
    let mut result = [0; 6];
    result[..4].copy_from_slice(&state.to_be_bytes());
    result[4..].copy_from_slice(&crc.to_be_bytes());
    sha256(&result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn values(list: &List) -> Vec<i16> {
        let mut values = Vec::new();
        let mut item = list.head;
        while item != END {
            values.push(list.value[usize::from(item)]);
            item = list.next[usize::from(item)];
        }
        values
    }

    #[test]
    fn the_list_sorts_and_reverses() {
        let mut list = List::new(0xdead_beef);
        let mut expected = values(&list);
        expected.sort();
        list.sort();
        assert_eq!(values(&list), expected);
        assert_eq!(list.find(expected[9]) as usize, expected.iter().position(|value| *value == expected[9]).unwrap());
        list.reverse();
        expected.reverse();
        assert_eq!(values(&list), expected);
    }

    #[test]
    fn the_checksum_is_crc_16() {
        let crc = b"1234567".chunks(4).fold(0, |crc, chunk| {
            let mut word = [0; 4];
            word[..chunk.len()].copy_from_slice(chunk);
            checksum(crc, u32::from_le_bytes(word))
        });
        // Of "1234567\0", by the usual table-driven way.
        assert_eq!(crc, 0xee9c);
    }

    #[test]
    fn numbers_end_as_they_were_read() {
        assert_eq!(numbers(b"12,+3,-,1.5,2e9,x,,"), [1, 1, 2, 1, 1, 1]);
    }
}
