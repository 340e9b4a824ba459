//! Pages that are damaged, gone, old, or in another's place: an error or the right answer.

use crate::model::{Memory, Model, Wish, wishes};
use gainsay_execute::trie::account_proof;
use gainsay_state::{NodesAt, PageId, World, read_account, read_slot};
use proptest::{prelude::*, sample::Index};

#[derive(Clone, Debug)]
enum Damage {
    Flip(Index, u8),
    Cut(Index),
    Drop,
    Misplaced(Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let index = any::<Index>;
    prop_oneof![
        6 => (index(), 0u8..8).prop_map(|(place, bit)| Damage::Flip(place, bit)),
        1 => index().prop_map(Damage::Cut),
        2 => Just(Damage::Drop),
        3 => index().prop_map(Damage::Misplaced),
    ]
}

fn do_damage(pages: &mut Memory, old: &Memory, id: PageId, damage: &Damage) {
    let mut page = pages.pages[&id].to_vec();
    let length = page.len();
    match damage {
        Damage::Flip(place, bit) => page[place.index(length)] ^= 1 << bit,
        Damage::Cut(place) => page.truncate(place.index(length)),
        Damage::Misplaced(other) => page = other.get(&old.pages.values().chain(pages.pages.values()).collect::<Vec<_>>()).to_vec(),
        Damage::Drop => {
            pages.pages.remove(&id);
            return;
        }
    }
    pages.pages.insert(id, page.into());
}

/// A state before and after some changes, and its pages before and after.
fn states(first: &[Wish], second: &[Wish]) -> (Model, Memory, Memory) {
    let (mut model, mut world, mut pages) = (Model::default(), World::empty(), Memory::default());
    let mut old = Memory::default();
    for wishes in [first, second] {
        old = pages.clone();
        let changes = model.changes(wishes);
        model.apply(&changes);
        world.apply(&changes, &pages).unwrap();
        pages.write(&mut world);
    }
    (model, old, pages)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn damaged_pages_give_an_error_or_the_right_answer(
        first in wishes(150),
        second in wishes(60),
        third in wishes(40),
        place in any::<Index>(),
        damage in damage(),
    ) {
        let (mut model, old, mut pages) = states(&first, &second);
        prop_assume!(!pages.pages.is_empty());
        let id = *place.get(&pages.pages.keys().copied().collect::<Vec<_>>());
        do_damage(&mut pages, &old, id, &damage);
        let root = model.roots.state_root;
        // Whoever opens a state compares its root.
        let opens = World::stored().roots(&pages).is_ok_and(|roots| roots == model.roots);
        prop_assert!(opens || World::stored().roots(&pages).is_err());
        for (address, account) in &model.flat.accounts {
            prop_assert!(read_account(&pages, address).errs_or_is(|found| found.map(|(account, _)| account) == Some(*account)));
        }
        for ((address, slot), value) in &model.flat.storage {
            prop_assert!(read_slot(&pages, address, slot).errs_or_is(|found| found == *value));
        }
        if opens {
            let nodes = NodesAt::new(&pages, root, []).unwrap();
            for address in model.flat.accounts.keys() {
                let expected = account_proof(root, *address, &[], &model.flat).unwrap();
                prop_assert!(account_proof(root, *address, &[], &nodes).errs_or_is(|proof| proof == expected));
            }
        }
        let third = model.changes(&third);
        model.apply(&third);
        if opens {
            prop_assert!(World::stored().apply(&third, &pages).errs_or_is(|roots| roots == model.roots));
        }
    }
}

trait Right<T> {
    /// An error, or what is right.
    fn errs_or_is(self, right: impl FnOnce(T) -> bool) -> bool;
}

impl<T, E> Right<T> for Result<T, E> {
    fn errs_or_is(self, right: impl FnOnce(T) -> bool) -> bool {
        self.map_or(true, right)
    }
}
