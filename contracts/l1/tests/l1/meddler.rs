//! A proxy between a client and the node that may answer in its place.

use alloy::transports::http::reqwest;
use gainsay_l1::{L1Client, RetryPolicy};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// Answers in place of the node, which is then not asked.
type Screen = dyn Fn(&Value) -> Option<Value> + Send + Sync;
/// Changes the node's answer to a request, or replaces it by an error.
type Meddle = dyn Fn(&Value, Value) -> Value + Send + Sync;

/// Listens on a free port; remembers the methods that were called.
#[derive(Clone)]
pub(crate) struct Meddler {
    url: String,
    calls: Arc<Calls>,
}

#[derive(Default)]
struct Calls {
    methods: Mutex<Vec<String>>,
    /// Requests that are being answered, and the most there were.
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Meddler {
    pub(crate) async fn start(node: &str, meddle: impl Fn(&Value, Value) -> Value + Send + Sync + 'static) -> eyre::Result<Self> {
        Self::listen(node, Arc::new(|_| None), Arc::new(meddle)).await
    }

    /// Keeps some requests from the node.
    pub(crate) async fn screening(node: &str, screen: impl Fn(&Value) -> Option<Value> + Send + Sync + 'static) -> eyre::Result<Self> {
        Self::listen(node, Arc::new(screen), Arc::new(|_, answer| answer)).await
    }

    async fn listen(node: &str, screen: Arc<Screen>, meddle: Arc<Meddle>) -> eyre::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let meddler = Self { url: format!("http://{}", listener.local_addr()?), calls: Arc::default() };
        let (node, calls) = (node.to_owned(), meddler.calls.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (node, calls, screen, meddle) = (node.clone(), calls.clone(), screen.clone(), meddle.clone());
                tokio::spawn(async move { serve(stream, &node, &calls, &*screen, &*meddle).await });
            }
        });
        Ok(meddler)
    }

    pub(crate) fn client(&self) -> eyre::Result<L1Client> {
        let retry = RetryPolicy { attempts: 2, first_wait: Duration::from_millis(10), ..RetryPolicy::default() };
        Ok(L1Client::new(&self.url, retry)?)
    }

    /// How often a method was called.
    pub(crate) fn count(&self, method: &str) -> usize {
        self.calls.methods.lock().unwrap().iter().filter(|called| *called == method).count()
    }

    /// The most requests that were answered at the same time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.calls.most.load(Ordering::Relaxed)
    }
}

async fn serve(stream: TcpStream, node: &str, calls: &Calls, screen: &Screen, meddle: &Meddle) -> eyre::Result<()> {
    let mut stream = BufReader::new(stream);
    let http = reqwest::Client::new();
    while let Some(body) = request(&mut stream).await? {
        let asked: Value = serde_json::from_slice(&body)?;
        calls.methods.lock().unwrap().push(asked["method"].as_str().unwrap_or_default().to_owned());
        calls.most.fetch_max(calls.now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        let answer = match screen(&asked) {
            Some(answer) => answer,
            None => meddle(&asked, http.post(node).header("content-type", "application/json").body(body).send().await?.json().await?),
        };
        calls.now.fetch_sub(1, Ordering::Relaxed);
        let answer = answer.to_string();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", answer.len());
        stream.get_mut().write_all(head.as_bytes()).await?;
        stream.get_mut().write_all(answer.as_bytes()).await?;
    }
    Ok(())
}

/// The body of the next request; none at the end of the connection.
async fn request(stream: &mut BufReader<TcpStream>) -> eyre::Result<Option<Vec<u8>>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Some(body))
}

/// A JSON-RPC error in place of an answer.
pub(crate) fn refuse(asked: &Value, code: i64, message: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": asked["id"], "error": { "code": code, "message": message } })
}
