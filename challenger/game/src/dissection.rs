//! A stretch of a run in 32 equal segments, committed to by the root of a binary tree over their ends.

use alloy::primitives::{B256, keccak256};
use gainsay_bindings::Matches::Segment;

/// Segments of a dissection.
pub const WIDTH: usize = 32;
/// Interior points of a dissection: all ends of segments but the last.
pub const POINTS: usize = WIDTH - 1;
/// The last segment: its end is the end of the whole stretch.
pub const LAST: u8 = 31;
/// Levels of the tree below its root.
const LEVELS: usize = 5;

/// The ends of the 32 segments, which are the leaves of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dissection {
    leaves: Box<[B256; WIDTH]>,
}

impl Dissection {
    /// Of 31 interior points and the end, as L1 takes them.
    #[must_use]
    pub fn new(points: &[B256; POINTS], end: B256) -> Self {
        let mut leaves = Box::new([end; WIDTH]);
        leaves[..POINTS].copy_from_slice(points);
        Self { leaves }
    }

    /// The ends of the segments, in order.
    #[must_use]
    pub const fn leaves(&self) -> &[B256; WIDTH] {
        &self.leaves
    }

    /// End of the whole stretch.
    #[must_use]
    pub const fn end(&self) -> B256 {
        self.leaves[POINTS]
    }

    /// Where segment `index` starts and ends, in a stretch that starts at `start`; none if there is no such segment.
    #[must_use]
    pub fn bounds(&self, index: u8, start: B256) -> Option<(B256, B256)> {
        let end = *self.leaves.get(usize::from(index))?;
        let before = usize::from(index).checked_sub(1).and_then(|before| self.leaves.get(before));
        Some((before.copied().unwrap_or(start), end))
    }

    /// The commitment.
    #[must_use]
    pub fn root(&self) -> B256 {
        self.nodes()[1]
    }

    /// Segment `index`, opened for the contract; `start` is where the whole stretch starts. Of an index beyond the last one, the last segment is opened.
    #[must_use]
    pub fn segment(&self, index: u8, start: B256) -> Segment {
        let index = index.min(LAST);
        let nodes = self.nodes();
        let mut right = WIDTH + usize::from(index);
        let mut left = if index == 0 { right } else { right - 1 };
        let mut proof = Vec::with_capacity(2 * LEVELS);
        while right > 1 {
            // Siblings of each other need no others; above them both paths are one.
            if left == right {
                proof.push(nodes[right ^ 1]);
            } else if left / 2 != right / 2 {
                proof.extend([nodes[left ^ 1], nodes[right ^ 1]]);
            }
            (left, right) = (left / 2, right / 2);
        }
        let (from, end) = (if index == 0 { start } else { self.leaves[usize::from(index) - 1] }, self.leaves[usize::from(index)]);
        Segment { index, start: from, end, proof }
    }

    /// Whether this is a segment of the dissection with this root, of a stretch that starts at `start`: what the contract checks.
    #[must_use]
    pub fn check(segment: &Segment, root: B256, start: B256) -> bool {
        if segment.index > LAST || (segment.index == 0 && segment.start != start) {
            return false;
        }
        climb(segment) == Some(root)
    }

    /// The tree: node n has the children 2n and 2n + 1, leaf i is node 32 + i. Node 0 is not used.
    fn nodes(&self) -> [B256; 2 * WIDTH] {
        let mut nodes = [B256::ZERO; 2 * WIDTH];
        nodes[WIDTH..].copy_from_slice(&*self.leaves);
        for node in (1..WIDTH).rev() {
            nodes[node] = pair(nodes[2 * node], nodes[2 * node + 1]);
        }
        nodes
    }
}

/// The root that an opened segment leads to; none if the proof is too short or too long.
fn climb(segment: &Segment) -> Option<B256> {
    let mut proof = segment.proof.iter().copied();
    let mut right = WIDTH + usize::from(segment.index);
    // The first segment's start is no leaf: one path alone.
    let mut left = (segment.index != 0).then_some((right - 1, segment.start));
    let mut end = segment.end;
    while right > 1 {
        end = match left {
            None => join(right, end, proof.next()?),
            Some((at, start)) if at / 2 == right / 2 => {
                left = None;
                pair(start, end)
            }
            Some((at, start)) => {
                left = Some((at / 2, join(at, start, proof.next()?)));
                join(right, end, proof.next()?)
            }
        };
        right /= 2;
    }
    proof.next().is_none().then_some(end)
}

/// The parent of the node at `place`, from it and its sibling.
fn join(place: usize, node: B256, sibling: B256) -> B256 {
    if place.is_multiple_of(2) { pair(node, sibling) } else { pair(sibling, node) }
}

fn pair(left: B256, right: B256) -> B256 {
    keccak256([left.0, right.0].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> (Dissection, B256) {
        let points = std::array::from_fn(|i| keccak256([i as u8]));
        (Dissection::new(&points, keccak256([31])), B256::repeat_byte(0xaa))
    }

    #[test]
    fn every_segment_opens_to_the_root_with_the_leaves_around_it() {
        let (dissection, start) = sample();
        for index in 0..WIDTH as u8 {
            let segment = dissection.segment(index, start);
            assert!(Dissection::check(&segment, dissection.root(), start), "segment {index}");
            assert_eq!(dissection.bounds(index, start), Some((segment.start, segment.end)));
            assert_eq!(segment.end, keccak256([index]));
            // Two paths up to where they meet, one from there.
            let length = if index == 0 { LEVELS } else { LEVELS - 1 + index.trailing_zeros() as usize };
            assert_eq!(segment.proof.len(), length);
        }
        assert_eq!(dissection.bounds(32, start), None);
    }

    #[test]
    fn every_altered_element_of_an_opening_is_refused() {
        let (dissection, start) = sample();
        let root = dissection.root();
        let flip = |word: &mut B256| word.0[13] ^= 0x10;
        for index in 0..WIDTH as u8 {
            let good = dissection.segment(index, start);
            let altered = |change: &dyn Fn(&mut Segment)| {
                let mut segment = good.clone();
                change(&mut segment);
                Dissection::check(&segment, root, start)
            };
            assert!(altered(&|_| ()));
            assert!(!altered(&|segment| flip(&mut segment.start)));
            assert!(!altered(&|segment| flip(&mut segment.end)));
            for at in 0..good.proof.len() {
                assert!(!altered(&|segment| flip(&mut segment.proof[at])), "segment {index}, proof {at}");
            }
            assert!(!altered(&|segment| segment.proof.truncate(good.proof.len() - 1)));
            assert!(!altered(&|segment| segment.proof.push(B256::ZERO)));
            for other in (0..=u8::MAX).filter(|other| *other != index) {
                assert!(!altered(&|segment| segment.index = other), "segment {index} as {other}");
            }
            let mut elsewhere = root;
            flip(&mut elsewhere);
            assert!(!Dissection::check(&good, elsewhere, start));
        }
        assert!(!Dissection::check(&dissection.segment(0, start), root, B256::ZERO));
    }
}
