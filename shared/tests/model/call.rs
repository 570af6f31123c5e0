//! One invocation of a function: what its request asks for, how far it is, and which of its writes are still on their way.

use otp_auth::domain::ledger::Level;
use otp_auth::domain::time::Timestamp;

use crate::design::Naive;

/// What a request asks for. Challenges are named by the call that started them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Request {
    /// A code. Requests with the same Idempotency-Key are one request, delivered again.
    Send { key: Option<u8> },
    /// The same code again.
    Resend { challenge: usize },
    /// A guess at a challenge whose token the client holds.
    Guess { challenge: usize, right: bool },
    /// A guess that names no challenge: the newest one that lives.
    Newest { right: bool },
    /// A guess at a challenge whose token the client does not hold: with a made-up id.
    Stranger { challenge: usize, right: bool },
}

/// An invocation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Call {
    pub request: Request,
    /// The clock, read once.
    pub now: Timestamp,
    pub stage: Stage,
    /// Its requests to the store that have not been served yet, the abandoned ones of the SDK's earlier attempts included.
    pub flight: Vec<Attempt>,
}

/// How far an invocation is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// It waits for the store's reply; this is the SDK's attempt number `attempt`.
    Waiting { write: Write, attempt: u8 },
    /// Its send was accepted: it hands its message to the provider.
    Delivering { level: Level, slot: u8, resent: bool },
    /// It has answered, or was killed.
    Over,
}

/// A request to the store.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Write {
    Read,
    Send {
        level: Level,
        slot: u8,
    },
    Resend {
        slot: u8,
    },
    Guess {
        challenge: usize,
        slot: u8,
    },
    Kill {
        slot: u8,
    },
    /// The requests that only a naive design makes.
    Naive(Naive),
}

/// A request on its way, and in which attempt the SDK made it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Attempt {
    pub write: Write,
    pub number: u8,
}

/// What a client hears of a guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    Right,
    Wrong,
    Exhausted,
    Gone,
}

impl Request {
    pub const fn is_send(&self) -> bool {
        matches!(self, Self::Send { .. } | Self::Resend { .. })
    }

    pub const fn is_right(&self) -> bool {
        matches!(self, Self::Guess { right: true, .. } | Self::Newest { right: true } | Self::Stranger { right: true, .. })
    }

    /// May this request be judged by that challenge?
    pub fn may_guess(&self, id: usize) -> bool {
        match self {
            Self::Guess { challenge, .. } => *challenge == id,
            Self::Newest { .. } => true,
            Self::Send { .. } | Self::Resend { .. } | Self::Stranger { .. } => false,
        }
    }

    /// A wrong guess puts back what it took, in a design that takes codes first.
    pub const fn takes_codes(&self) -> bool {
        matches!(self, Self::Guess { right: false, .. } | Self::Newest { right: false })
    }
}

impl Call {
    /// An invocation that has just made its first request to the store.
    pub fn new(request: Request, now: Timestamp, first: Write) -> Self {
        let mut call = Self { request, now, stage: Stage::Over, flight: Vec::new() };
        call.ask(first);
        call
    }

    /// Makes another request to the store.
    pub fn ask(&mut self, write: Write) {
        self.flight.push(Attempt { write: write.clone(), number: 1 });
        self.stage = Stage::Waiting { write, attempt: 1 };
    }

    /// The SDK's attempt timed out: one more, while the last one may still be on its way.
    pub fn retry(&mut self) {
        if let Stage::Waiting { write, attempt } = &mut self.stage {
            *attempt += 1;
            self.flight.push(Attempt { write: write.clone(), number: *attempt });
        }
    }

    /// Is it still waiting for the reply to this very attempt?
    pub fn waits_for(&self, served: &Attempt) -> bool {
        matches!(&self.stage, Stage::Waiting { write, attempt } if *write == served.write && *attempt == served.number)
    }
}
