//! Patience with callers: how long one may say nothing in the middle of a body, or take nothing of an answer.
//!
//! Every body and every line goes through here, also before anybody knows who asks: a connection is a place among few,
//! and who holds one does it by saying or taking something. Heads have a time of their own; a reader may give a body
//! less. Whoever reads it, a body that did not come in time is answered with one code (`SRV-014`).
//!
//! A body that nobody wanted to the end is heard out before its request is refused, within bounds: who is still sending
//! when the line is closed never reads the answer (RFC 9112 §9.6).

use super::body::{SILENCE, length_of, whole_of};
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, header};
use hyper::body::{Frame, SizeHint};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, timeout_at};
use tokio_stream::StreamExt;

/// How long a caller may take nothing of what is written for it.
const STALLED: Duration = Duration::from_secs(60);
/// MiB for which a body gets time that does not say how long it is: the longest that one request may bring.
const UNSAID_MIB: u64 = 64;

/// Bytes of a refused body that are heard out: as many as a part of an upload has.
const UNWANTED_BYTES_MAX: u64 = 16 << 20;
/// How long a refused body is heard out, and for how long its caller may be silent meanwhile.
const UNWANTED: Duration = Duration::from_secs(10);
const UNWANTED_SILENCE: Duration = Duration::from_secs(1);

/// What became of a body.
#[derive(Default)]
pub(super) struct Fate {
    is_late: AtomicBool,
    /// What its reader left.
    left: Mutex<Option<Body>>,
}

impl Fate {
    /// Whether it did not come in time.
    pub(super) fn is_late(&self) -> bool {
        self.is_late.load(Ordering::Relaxed)
    }

    /// Hears out what its reader left.
    pub(super) async fn hear_out(&self) {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut left) = left.map(Body::into_data_stream) else { return };
        let end = Instant::now() + UNWANTED;
        let mut bytes = 0;
        while bytes <= UNWANTED_BYTES_MAX {
            let until = end.min(Instant::now() + UNWANTED_SILENCE);
            let Ok(Some(Ok(piece))) = timeout_at(until, left.next()).await else { return };
            bytes += piece.len() as u64;
        }
    }
}

/// A body that comes in time.
struct Timely {
    body: Body,
    most: Duration,
    silence: Pin<Box<Sleep>>,
    /// When all of it has to be there.
    end: Instant,
    /// Whether the caller sends it whatever the answer is: it does not wait to be told to go on.
    is_sent: bool,
    fate: Arc<Fate>,
}

/// A body that fails when its caller is silent for too long, or when it takes too long for its length; its fate is
/// known then.
pub(super) fn timely(headers: &HeaderMap, body: Body, fate: Arc<Fate>) -> Body {
    if body.is_end_stream() {
        return body;
    }
    let length = length_of(headers);
    let whole = whole_of(length.map_or(UNSAID_MIB, |length| length >> 20));
    let is_sent = !headers.contains_key(header::EXPECT) && length.is_none_or(|length| length <= UNWANTED_BYTES_MAX);
    let silence = Box::pin(sleep(SILENCE));
    Body::new(Timely { body, most: SILENCE, silence, end: Instant::now() + whole, is_sent, fate })
}

impl Timely {
    fn late(&self) -> axum::Error {
        self.fate.is_late.store(true, Ordering::Relaxed);
        axum::Error::new(io::Error::from(io::ErrorKind::TimedOut))
    }
}

impl Drop for Timely {
    fn drop(&mut self) {
        if self.is_sent && !self.fate.is_late() && !self.body.is_end_stream() {
            let left = std::mem::replace(&mut self.body, Body::empty());
            *self.fate.left.lock().unwrap_or_else(PoisonError::into_inner) = Some(left);
        }
    }
}

impl HttpBody for Timely {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let now = Instant::now();
        if now >= self.end {
            return Poll::Ready(Some(Err(self.late())));
        }
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            let until = self.end.min(now + self.most);
            self.silence.as_mut().reset(until);
            return Poll::Ready(frame);
        }
        ready!(self.silence.as_mut().poll(cx));
        Poll::Ready(Some(Err(self.late())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A line whose other end takes what is written to it in time, or is given up.
pub(super) struct Line<S> {
    stream: S,
    most: Duration,
    /// Since when it takes nothing, as the time at which that is too long.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> Line<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, most: STALLED, stalled: None }
    }

    /// What a write came to, or that the other end has taken nothing for too long.
    fn patient<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(self.most)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Line<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Line<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.patient(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        self.patient(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.patient(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.patient(cx, ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use std::convert::Infallible;
    use std::sync::atomic::AtomicU64;
    use tokio::io::AsyncWriteExt;
    use tokio::runtime::Builder;
    use tokio_stream::{iter, once, pending};

    const SHORT: Duration = Duration::from_millis(30);
    const LONG: Duration = Duration::from_secs(60);

    fn run<T>(test: impl Future<Output = T>) -> T {
        Builder::new_current_thread().enable_time().build().unwrap().block_on(test)
    }

    fn is_given_up(body: Body, most: Duration, whole: Duration) -> bool {
        let fate = Arc::new(Fate::default());
        let read = run(async {
            let (silence, end) = (Box::pin(sleep(most)), Instant::now() + whole);
            let timely = Timely { body, most, silence, end, is_sent: true, fate: fate.clone() };
            axum::body::to_bytes(Body::new(timely), 1_000_000).await
        });
        assert_eq!(fate.is_late(), read.is_err());
        read.is_err()
    }

    #[test]
    fn a_body_that_nobody_wanted_is_heard_out() {
        let heard = |headers: &HeaderMap, pieces: u64| {
            let heard = Arc::new(AtomicU64::new(0));
            let counted = heard.clone();
            let body = Body::from_stream(iter(0..pieces).map(move |_| {
                counted.fetch_add(1, Ordering::Relaxed);
                Ok::<_, Infallible>(Bytes::from_static(&[0; 1 << 20]))
            }));
            run(async {
                let fate = Arc::new(Fate::default());
                let mut read = timely(headers, body, fate.clone()).into_data_stream();
                read.next().await.unwrap().unwrap();
                drop(read);
                fate.hear_out().await;
            });
            heard.load(Ordering::Relaxed)
        };
        let mut headers = HeaderMap::new();
        assert_eq!(heard(&headers, 9), 9);
        // One that has no end, or whose caller waits to be told whether to send it, is not.
        assert_eq!(heard(&headers, 100), 1 + (UNWANTED_BYTES_MAX >> 20) + 1);
        headers.insert(header::EXPECT, HeaderValue::from_static("100-continue"));
        assert_eq!(heard(&headers, 9), 1);
    }

    #[test]
    fn a_body_that_falls_silent_is_given_up() {
        let silent = || once(Ok::<_, Infallible>(Bytes::from_static(b"a"))).chain(pending());
        assert!(is_given_up(Body::from_stream(silent()), SHORT, LONG));
        assert!(!is_given_up(Body::from("a"), SHORT, LONG));
    }

    #[test]
    fn a_body_that_trickles_is_given_up() {
        let drops = iter(0..100_000).then(|_| async {
            sleep(SHORT / 10).await;
            Ok::<_, Infallible>(Bytes::from_static(b"a"))
        });
        assert!(is_given_up(Body::from_stream(drops), LONG, SHORT));
    }

    #[test]
    fn a_line_that_takes_nothing_is_given_up() {
        run(async {
            let (here, _there) = tokio::io::duplex(4);
            let mut line = Line { most: SHORT, ..Line::new(here) };
            let written = line.write_all(b"more than it takes").await;
            assert_eq!(written.unwrap_err().kind(), io::ErrorKind::TimedOut);
        });
    }
}
