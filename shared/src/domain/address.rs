//! The network address that a request came from, as the rate limits see it.

use std::net::{IpAddr, Ipv6Addr};

/// One customer's worth of addresses: an IPv4 address, or an IPv6 /64, since a single subscriber commonly holds a
/// whole /64 (RFC 6177) and could otherwise hop through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SourceAddress(IpAddr);

impl SourceAddress {
    /// The network that `address` belongs to. An IPv4 address written as IPv6 (`::ffff:203.0.113.7`) is the IPv4 one.
    #[must_use]
    pub fn new(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self(IpAddr::V4(v4)),
            IpAddr::V6(v6) => Self(IpAddr::V6(Ipv6Addr::from(u128::from(v6) & (u128::MAX << 64)))),
        }
    }

    /// The bytes that name this network: 4 for IPv4, the first 8 for IPv6.
    #[must_use]
    pub fn as_bytes(&self) -> Vec<u8> {
        match self.0 {
            IpAddr::V4(v4) => v4.octets().to_vec(),
            IpAddr::V6(v6) => v6.octets().into_iter().take(8).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> SourceAddress {
        SourceAddress::new(text.parse().unwrap())
    }

    #[test]
    fn ipv6_addresses_of_one_64_are_one_source() {
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    }

    #[test]
    fn ipv4_written_as_ipv6_is_the_ipv4_address() {
        assert_eq!(of("::ffff:203.0.113.7"), of("203.0.113.7"));
        assert_ne!(of("203.0.113.7"), of("203.0.113.8"));
    }
}
