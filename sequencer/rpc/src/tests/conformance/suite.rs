//! The files of the suite.

use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
};

/// The folder of public test suites beside the repository; none, with a message, if it is not there.
pub(super) fn folder() -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    let there = folder.join("execution-apis-tests").is_dir() && folder.join("openrpc.json").is_file();
    if !there {
        println!("not run: the folder of public test suites beside the repository is not here: {}", folder.display());
    }
    there.then_some(folder)
}

/// Requests and the responses expected.
pub(super) struct Case {
    /// Method and file.
    pub(super) name: String,
    pub(super) method: String,
    /// The response is one of many that the specification allows.
    pub(super) spec_only: bool,
    pub(super) exchanges: Vec<(String, Value)>,
}

impl Case {
    fn read(method: &str, file: &Path) -> Self {
        let text = fs::read_to_string(file).expect("a readable case");
        let title = file.file_stem().expect("a name").to_string_lossy();
        let mut case = Self { name: format!("{method}/{title}"), method: method.to_owned(), spec_only: false, exchanges: Vec::new() };
        let mut request = None;
        for line in text.lines() {
            if let Some(asked) = line.strip_prefix(">> ") {
                request = Some(asked.to_owned());
            } else if let Some(answered) = line.strip_prefix("<< ") {
                case.exchanges.push((request.take().expect("a request before its response"), parse(answered)));
            } else {
                case.spec_only |= line.contains("speconly:");
            }
        }
        assert!(!case.exchanges.is_empty(), "{} has no requests", case.name);
        case
    }
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

pub(super) fn read_json(path: &Path) -> Value {
    parse(&fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// All cases; those that fill the pool first.
pub(super) fn cases(folder: &Path) -> Vec<Case> {
    let mut cases = Vec::new();
    for method in entries(&folder.join("execution-apis-tests")).into_iter().filter(|path| path.is_dir()) {
        let name = method.file_name().expect("a name").to_string_lossy().into_owned();
        let files = entries(&method).into_iter().filter(|path| path.extension().is_some_and(|kind| kind == "io"));
        cases.extend(files.map(|file| Case::read(&name, &file)));
    }
    cases.sort_by_key(|case| (case.method != "eth_sendRawTransaction", case.name.clone()));
    cases
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(folder).expect("a readable folder").map(|entry| entry.expect("an entry").path()).collect();
    found.sort();
    found
}

/// A validator for the result of each method.
pub(super) fn schemas(folder: &Path) -> HashMap<String, jsonschema::Validator> {
    let specification = read_json(&folder.join("openrpc.json"));
    let methods = specification["methods"].as_array().expect("methods");
    let validator = |method: &Value| {
        let schema = json!({ "components": specification["components"], "allOf": [method["result"]["schema"]] });
        (method["name"].as_str().expect("a name").to_owned(), jsonschema::validator_for(&schema).expect("a good schema"))
    };
    methods.iter().map(validator).collect()
}

/// Cases that are expected to fail, with the reason.
pub(super) fn mask() -> BTreeMap<String, String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/rpc-mask.json");
    serde_json::from_value(read_json(Path::new(path))).expect("names and reasons")
}
