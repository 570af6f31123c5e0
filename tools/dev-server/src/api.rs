//! The API behind axum: its requests as [`Call`]s.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt;
use otp_auth::adapters::system::SystemRandomness;
use otp_auth::http::{Api, Call, MAX_BODY};
use otp_auth::ports::clock::random;

/// How much of a body that is too long is read and thrown away: a client that is still sending when the reply comes may
/// not see it. Beyond this, the connection is closed on it.
const DRAINED: usize = 16 * 1024 * 1024;

/// Every path; the API knows which are its own.
pub fn routes(api: Api) -> Router {
    Router::new().fallback(answer).with_state(Arc::new(api))
}

async fn answer(State(api): State<Arc<Api>>, ConnectInfo(peer): ConnectInfo<SocketAddr>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let call = Call {
        id: request_id(),
        source: Some(peer.ip()),
        method: parts.method,
        path: parts.uri.path().to_owned(),
        headers: parts.headers,
        body: Ok(read(body).await),
        time_left: None,
        trace: None,
    };
    api.handle(&call).await.map(Body::from)
}

fn request_id() -> String {
    let bytes: [u8; 16] = random(&SystemRandomness).unwrap_or_default();
    format!("{:032x}", u128::from_be_bytes(bytes))
}

/// The body, or as much of it as shows that it is too long. One that breaks off is empty: half a body is none.
async fn read(body: Body) -> Bytes {
    let (mut kept, mut seen) = (Vec::new(), 0_usize);
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let Ok(chunk) = chunk else { return Bytes::new() };
        seen = seen.saturating_add(chunk.len());
        let room = (MAX_BODY + 1).saturating_sub(kept.len());
        kept.extend(chunk.into_iter().take(room));
        if seen > DRAINED {
            break;
        }
    }
    kept.into()
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    #[tokio::test]
    async fn a_body_that_is_too_long_is_not_kept() {
        assert_eq!(read(Body::from("{}")).await, "{}");
        assert_eq!(read(Body::from(vec![b' '; MAX_BODY])).await.len(), MAX_BODY);
        assert_eq!(read(Body::from(vec![b' '; 1 << 20])).await.len(), MAX_BODY + 1);
        let endless = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 4096])));
        assert_eq!(read(Body::from_stream(endless)).await.len(), MAX_BODY + 1);
    }

    #[tokio::test]
    async fn half_a_body_is_none() {
        let broken = stream::iter([Ok(Bytes::from_static(b"{}")), Err(std::io::Error::other("cut"))]);
        assert!(read(Body::from_stream(broken)).await.is_empty());
    }
}
