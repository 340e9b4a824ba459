//! `docs/rpc.md` lists the methods that there are.

use super::{admin::Desk, node::Node};
use crate::{Limits, admin, methods};
use std::{collections::BTreeSet, fs, path::Path};

/// Namespaces of the methods that are served.
const NAMESPACES: [&str; 8] = ["admin", "debug", "eth", "gainsay", "net", "optimism", "txpool", "web3"];

/// Names of methods, between backquotes, in the document's list of them.
fn listed() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rpc.md");
    let text = fs::read_to_string(&path).expect("the document");
    let (_, list) = text.split_once("\n## Methods\n").expect("the list of methods");
    let (list, _) = list.split_once("\nWhatever else is asked for").expect("the end of the list");
    let is_method = |word: &&str| {
        let parts = word.split_once('_');
        parts.is_some_and(|(namespace, name)| NAMESPACES.contains(&namespace) && name.chars().all(char::is_alphanumeric))
    };
    list.split('`').skip(1).step_by(2).filter(is_method).map(str::to_owned).collect()
}

#[test]
fn the_document_lists_each_method_once() {
    let module = methods::module(Node::new().backend(), Limits::default()).expect("a good table");
    let desk = admin::module(Desk::running()).expect("a good table");
    let served: BTreeSet<String> = module.method_names().chain(desk.method_names()).map(str::to_owned).collect();
    let listed = listed();
    let named: BTreeSet<String> = listed.iter().cloned().collect();
    let missing: Vec<_> = served.difference(&named).collect();
    let gone: Vec<_> = named.difference(&served).collect();
    assert!(missing.is_empty() && gone.is_empty(), "docs/rpc.md does not list {missing:?}, and lists {gone:?}, which are not served");
    assert_eq!(listed.len(), named.len(), "docs/rpc.md lists a method twice");
}
