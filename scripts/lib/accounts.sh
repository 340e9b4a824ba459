# shellcheck shell=bash
# The accounts of the development network: the well-known test mnemonic, funded on both layers. Never for real money.
# Needs foundry.sh.

mnemonic='test test test test test test test test test test test junk'

# The last four of the ten accounts run the network; the first six are free to use.
users=(0 1 2 3 4 5)
challenger=6 deployer=7 batcher=8 proposer=9

key_of() { cast wallet private-key "$mnemonic" "$1"; }
address_of() { cast wallet address --mnemonic "$mnemonic" --mnemonic-index "$1"; }
