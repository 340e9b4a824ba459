//! The administration's server, over a node that only notes what it is asked.

use super::node::Node;
use crate::{AdminError, Administration, Answer, Limits, ServeError, serve_admin};
use alloy_primitives::B256;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const HEAD: B256 = B256::repeat_byte(7);

/// A sequencer that has nothing to stop.
pub(super) struct Desk {
    running: Mutex<(bool, bool)>,
}

impl Desk {
    /// Of a sequencer and a batcher that run.
    pub(super) fn running() -> Arc<Self> {
        Arc::new(Self { running: Mutex::new((true, true)) })
    }

    fn turn(&self, batcher: bool, to: bool, refusal: AdminError) -> Result<(), AdminError> {
        let mut running = self.running.lock().expect("nobody panics with it");
        let one = if batcher { &mut running.1 } else { &mut running.0 };
        if std::mem::replace(one, to) == to { Err(refusal) } else { Ok(()) }
    }
}

impl Administration for Desk {
    fn sequencer_active(&self) -> bool {
        self.running.lock().expect("nobody panics with it").0
    }
    fn start_sequencer(&self, head: B256) -> Answer<'_, Result<(), AdminError>> {
        let matches = if head == HEAD { Ok(()) } else { Err(AdminError::OtherHead { head: HEAD, given: head }) };
        let result = matches.and_then(|()| self.turn(false, true, AdminError::SequencerRunning));
        Box::pin(async move { result })
    }
    fn stop_sequencer(&self) -> Answer<'_, Result<B256, AdminError>> {
        let result = self.turn(false, false, AdminError::SequencerStopped).map(|()| HEAD);
        Box::pin(async move { result })
    }
    fn batcher_active(&self) -> bool {
        self.running.lock().expect("nobody panics with it").1
    }
    fn start_batcher(&self) -> Answer<'_, Result<(), AdminError>> {
        let result = self.turn(true, true, AdminError::BatcherRunning);
        Box::pin(async move { result })
    }
    fn stop_batcher(&self) -> Answer<'_, Result<(), AdminError>> {
        let result = self.turn(true, false, AdminError::BatcherStopped);
        Box::pin(async move { result })
    }
    fn flush_batcher(&self) -> Answer<'_, Result<(), AdminError>> {
        let result = if self.batcher_active() { Ok(()) } else { Err(AdminError::BatcherStopped) };
        Box::pin(async move { result })
    }
    fn set_log_filter(&self, filter: &str) -> Result<(), AdminError> {
        if filter == "debug" { Ok(()) } else { Err(AdminError::LogFilter { reason: format!("log filter {filter:?} is not valid") }) }
    }
}

/// Sends a request with these headers; head and body of the answer.
async fn send(port: u16, headers: &str, body: &str) -> (String, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("it listens");
    let request = format!("POST / HTTP/1.1\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    (head.to_lowercase(), body.to_owned())
}

fn request(method: &str, params: Value) -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()
}

async fn ask(port: u16, method: &str, params: Value) -> Value {
    let (_, body) = send(port, "host: 127.0.0.1\r\ncontent-type: application/json\r\n", &request(method, params)).await;
    let answer: Value = serde_json::from_str(&body).expect("JSON");
    answer.get("result").or_else(|| answer.get("error")).expect("one of them").clone()
}

async fn desk() -> crate::RpcServer {
    serve_admin("127.0.0.1:0".parse().expect("an address"), Desk::running()).await.expect("a free port")
}

#[tokio::test(flavor = "multi_thread")]
async fn sequencer_and_batcher_are_stopped_and_started_again() {
    let server = desk().await;
    let port = server.address().port();
    let error = |message: &str| json!({ "code": -32000, "message": message });
    assert_eq!(ask(port, "admin_sequencerActive", json!([])).await, json!(true));
    assert_eq!(ask(port, "admin_startSequencer", json!([HEAD])).await, error("sequencer already running"));
    assert_eq!(ask(port, "admin_stopSequencer", json!([])).await, json!(HEAD));
    assert_eq!(ask(port, "admin_stopSequencer", json!([])).await, error("sequencer not running"));
    let other = ask(port, "admin_startSequencer", json!([B256::ZERO])).await;
    let words = format!("block hash does not match: head {HEAD}, received {}", B256::ZERO);
    assert!(other["code"] == json!(-32000) && other["message"].as_str().expect("words").starts_with(&words), "{other}");
    assert_eq!(ask(port, "admin_startSequencer", json!([])).await["code"], json!(-32602));
    assert_eq!(ask(port, "admin_startSequencer", json!([HEAD])).await, Value::Null);
    assert_eq!(ask(port, "admin_startBatcher", json!([])).await, error("batcher is already running"));
    assert_eq!(ask(port, "admin_flushBatcher", json!([])).await, Value::Null);
    assert_eq!(ask(port, "admin_stopBatcher", json!([])).await, Value::Null);
    assert_eq!(ask(port, "admin_flushBatcher", json!([])).await, error("batcher is not running"));
    assert_eq!(ask(port, "admin_batcherActive", json!([])).await, json!(false));
    assert_eq!(ask(port, "admin_setLogLevel", json!(["debug"])).await, Value::Null);
    assert_eq!(ask(port, "admin_setLogLevel", json!(["=="])).await, error("log filter \"==\" is not valid"));
    assert_eq!(ask(port, "eth_chainId", json!([])).await["code"], json!(-32601), "nothing else is served here");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_port_knows_none_of_it() {
    let node = Node::new();
    let server = node.serve(Limits::default()).await;
    let module = crate::methods::module(node.backend(), Limits::default()).expect("a good table");
    assert_eq!(module.method_names().filter(|name| name.starts_with("admin_")).count(), 0);
    for method in ["admin_sequencerActive", "admin_stopSequencer", "admin_stopBatcher", "admin_setLogLevel"] {
        let refused = json!({ "code": -32601, "message": format!("the method {method} does not exist/is not available") });
        assert_eq!(ask(server.address().port(), method, json!([])).await, refused, "{method}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_in_a_browser_can_use_it() {
    let server = desk().await;
    let port = server.address().port();
    let json = "content-type: application/json\r\n";
    let stop = request("admin_stopSequencer", json!([]));
    let (head, _) = send(port, &format!("host: rebound.example\r\n{json}"), &stop).await;
    assert!(head.starts_with("http/1.1 403"), "a name that somebody made point here: {head}");
    let (head, _) = send(port, "host: localhost\r\ncontent-type: text/plain\r\n", &stop).await;
    assert!(head.starts_with("http/1.1 415"), "what a page may send without asking: {head}");
    let upgrade = "host: localhost\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
    let (head, _) = send(port, upgrade, "").await;
    assert!(!head.starts_with("http/1.1 101"), "{head}");
    let (head, _) =
        send(port, &format!("host: localhost\r\norigin: http://example.org\r\n{json}"), &request("admin_sequencerActive", json!([]))).await;
    assert!(!head.contains("access-control-allow-origin"), "its answer cannot be read: {head}");
    assert_eq!(ask(port, "admin_sequencerActive", json!([])).await, json!(true), "nothing has stopped it");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_others_reach_is_refused() {
    let error = serve_admin("0.0.0.0:0".parse().expect("an address"), Desk::running()).await.expect_err("is refused");
    assert!(matches!(error, ServeError::Public { .. }) && error.to_string().contains("give 127.0.0.1"), "{error}");
}
