//! The calls that users make: ABI shapes of the contracts that carry most of a rollup's traffic.

use super::traffic::{Intent, Traffic, contract};
use alloy_primitives::{Address, B256, Bytes, U256, hex};

const TRANSFER: [u8; 4] = hex!("a9059cbb");
const APPROVE: [u8; 4] = hex!("095ea7b3");
const SWAP_TOKENS_FOR_TOKENS: [u8; 4] = hex!("38ed1739");
const EXACT_INPUT_SINGLE: [u8; 4] = hex!("04e45aaf");
const EXECUTE: [u8; 4] = hex!("3593564c");
const SAFE_TRANSFER_FROM: [u8; 4] = hex!("42842e0e");
const MINT: [u8; 4] = hex!("a0712d68");
const CLAIM: [u8; 4] = hex!("4e71d92d");

/// One call of `sender`.
pub(crate) fn any(traffic: &mut Traffic, sender: Address) -> Intent {
    match traffic.dice.below(100) {
        0..30 => token_transfer(traffic),
        30..50 => plain_transfer(traffic),
        50..60 => pair_swap(traffic, sender),
        60..68 => pool_swap(traffic, sender),
        68..78 => routed_swap(traffic),
        78..90 => approval(traffic),
        _ => other(traffic, sender),
    }
}

/// Calldata of an ERC-20 transfer.
pub(crate) fn transfer(recipient: Address, amount: U256) -> Bytes {
    call(TRANSFER, &[word(recipient), amount.into()])
}

fn token_transfer(traffic: &mut Traffic) -> Intent {
    let (token, unit) = traffic.token();
    let (recipient, amount) = (traffic.recipient(), traffic.amount(unit));
    // A balance that was zero before costs 17,100 more; calldata's zero bytes less.
    let estimate = 34_500 + 17_100 * traffic.dice.below(2) + 12 * traffic.dice.below(8);
    Intent { to: token, value: U256::ZERO, input: transfer(recipient, amount), estimate }
}

fn plain_transfer(traffic: &mut Traffic) -> Intent {
    let value = traffic.amount(U256::from(10u64.pow(17)));
    Intent { to: traffic.recipient(), value, input: Bytes::new(), estimate: 21_000 }
}

/// `swapExactTokensForTokens(amountIn, amountOutMin, path, to, deadline)`.
fn pair_swap(traffic: &mut Traffic, sender: Address) -> Intent {
    let ((from, unit_in), (into, unit_out)) = (traffic.token(), traffic.token());
    let (amount, least, deadline) = (traffic.amount(unit_in), least(traffic, unit_out), deadline(traffic));
    let words = [amount.into(), least, number(0xa0), word(sender), deadline, number(2), word(from), word(into)];
    swap(traffic, contract(b'r', 0), U256::ZERO, call(SWAP_TOKENS_FOR_TOKENS, &words))
}

/// `exactInputSingle((tokenIn, tokenOut, fee, recipient, amountIn, amountOutMinimum, sqrtPriceLimitX96))`.
fn pool_swap(traffic: &mut Traffic, sender: Address) -> Intent {
    let ((from, unit_in), (into, unit_out)) = (traffic.token(), traffic.token());
    let (amount, least, fee) = (traffic.amount(unit_in), least(traffic, unit_out), number(tier(traffic)));
    let words = [word(from), word(into), fee, word(sender), amount.into(), least, B256::ZERO];
    swap(traffic, contract(b'r', 1), U256::ZERO, call(EXACT_INPUT_SINGLE, &words))
}

/// `execute(commands, inputs, deadline)` of a universal router: wrap ether, then swap it along a packed path.
fn routed_swap(traffic: &mut Traffic) -> Intent {
    let ((from, _), (into, unit_out)) = (traffic.token(), traffic.token());
    let amount = traffic.amount(U256::from(10u64.pow(17)));
    let (least, deadline, tier) = (least(traffic, unit_out), deadline(traffic), tier(traffic));
    let mut path = [0; 64];
    path[..20].copy_from_slice(from.as_slice());
    path[20..23].copy_from_slice(&tier.to_be_bytes()[5..]);
    path[23..43].copy_from_slice(into.as_slice());
    let path = [&path[..32], &path[32..]].map(B256::from_slice);
    let mut commands = [0; 32];
    commands[..2].copy_from_slice(&hex!("0b00"));
    // 1 and 2 stand for the sender and the router.
    let head = [number(0x60), number(0xa0), deadline, number(2), commands.into()];
    let wrap = [number(2), number(0x40), number(0xa0), number(0x40), number(2), amount.into()];
    let swapped = [number(0x100), number(1), amount.into(), least, number(0xa0), B256::ZERO, number(43)];
    let words = [&head[..], &wrap, &swapped, &path].concat();
    swap(traffic, contract(b'r', 2), amount, call(EXECUTE, &words))
}

fn swap(traffic: &mut Traffic, to: Address, value: U256, input: Bytes) -> Intent {
    let estimate = 110_000 + traffic.dice.below(60_000);
    Intent { to, value, input, estimate }
}

/// The router's or another known contract's allowance: without limit, or just enough.
fn approval(traffic: &mut Traffic) -> Intent {
    let (token, unit) = traffic.token();
    let kind = traffic.dice.below(6);
    let amount = if traffic.dice.below(10) < 6 { U256::MAX } else { traffic.amount(unit) };
    let estimate = 29_000 + 17_100 * traffic.dice.below(2) + 12 * traffic.dice.below(8);
    Intent { to: token, value: U256::ZERO, input: call(APPROVE, &[word(contract(b'r', kind)), amount.into()]), estimate }
}

/// Collectibles, mints, claims, and what else there is: 1 to 5 words that are addresses, amounts, small numbers or hashes.
fn other(traffic: &mut Traffic, sender: Address) -> Intent {
    let rank = traffic.tokens.pick(&mut traffic.dice);
    let estimate = 50_000 + traffic.dice.below(100_000);
    let input = match traffic.dice.below(10) {
        0..3 => {
            let (to, id) = (traffic.recipient(), number(traffic.dice.below(10_000)));
            call(SAFE_TRANSFER_FROM, &[word(sender), word(to), id])
        }
        3..5 => call(MINT, &[number(1 + traffic.dice.below(5))]),
        5..6 => call(CLAIM, &[]),
        _ => {
            let words: Vec<B256> = (0..1 + rank % 5).map(|_| any_word(traffic)).collect();
            let [a, b, c, d, ..] = contract(b's', rank).into_array();
            call([a, b, c, d], &words)
        }
    };
    Intent { to: contract(b'o', rank), value: U256::ZERO, input, estimate }
}

fn any_word(traffic: &mut Traffic) -> B256 {
    match traffic.dice.below(8) {
        0..3 => word(traffic.recipient()),
        3..5 => traffic.amount(U256::from(10u64.pow(18))).into(),
        5..7 => number(traffic.dice.below(1000)),
        _ => traffic.dice.word(),
    }
}

/// What a swap must give at least: a price times a tolerance, so no digit of it is round.
fn least(traffic: &mut Traffic, unit: U256) -> B256 {
    let scale = U256::from([1u64, 10, 100, 1000][traffic.dice.below(4) as usize]);
    (U256::from_be_bytes(traffic.dice.word().0) % (unit * scale)).into()
}

/// 20 or 30 minutes after the user pressed the button.
fn deadline(traffic: &mut Traffic) -> B256 {
    let minutes = if traffic.dice.below(2) == 0 { 20 } else { 30 };
    number(traffic.now + 60 * minutes - traffic.dice.below(15))
}

/// A pool's fee, hundredths of a basis point.
fn tier(traffic: &mut Traffic) -> u64 {
    [100, 500, 500, 3000, 3000, 10_000][traffic.dice.below(6) as usize]
}

fn number(value: u64) -> B256 {
    U256::from(value).into()
}

fn word(address: Address) -> B256 {
    address.into_word()
}

fn call(selector: [u8; 4], words: &[B256]) -> Bytes {
    let mut input = selector.to_vec();
    words.iter().for_each(|word| input.extend_from_slice(word.as_slice()));
    input.into()
}
