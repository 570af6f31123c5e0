//! People who were never here, each in a block of numbers of their own, so that the guard's windows have room for all of them.

use otp_auth::domain::recipient::Channel;

/// Blocks of a thousand numbers in one area code: exchanges 200 to 999, ten blocks each.
const BLOCKS: u32 = 8000;

/// Who has been here.
#[derive(Debug, Default)]
pub struct People(u32);

impl People {
    /// A number or an address that nobody has had in this run.
    pub fn somebody_new(&mut self, channel: Channel) -> String {
        let (block, place) = (self.0 % BLOCKS, self.0 / BLOCKS);
        self.0 += 1;
        match channel {
            Channel::Sms => format!("+1206{}{place:03}", 2000 + block),
            Channel::Email => format!("person{}@example.com", self.0),
        }
    }
}
