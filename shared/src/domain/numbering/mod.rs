//! The world's numbering plans. To decode all of libphonenumber's metadata costs milliseconds of each start, and a process is asked for
//! numbers of few countries: the plans of a world zone (ITU-T E.164: the calling codes that begin with the same digit) are decoded when
//! its first number comes. Not those of one code: a reader has 200 KB of its own, and a stranger can ask for all codes there are.
//! The library itself reads the numbers.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use bytes::Bytes;
use prost::Message;
use rlibphonenumber::{PhoneMetadata, PhoneMetadataCollection, PhoneNumberUtil};

/// A copy of what `rlibphonenumber` has with its feature `builtin_metadata`: Google's, by the Libphonenumber Authors, under the Apache
/// License 2.0. A test holds it to the library's.
static METADATA: &[u8] = include_bytes!("metadata.bin");

/// What the metadata calls the region of numbers that belong to no country, such as satellites'.
const NO_COUNTRY: &str = "001";

static PLANS: LazyLock<Plans> = LazyLock::new(Plans::find);

/// What reads the numbers of the zone that `number` is in, which is `+` and digits; `None` where there is no such zone.
#[must_use]
pub fn of(number: &str) -> Option<&'static PhoneNumberUtil> {
    let zone = number.strip_prefix('+')?.chars().next()?;
    PLANS.by_zone.get(&zone)?.read()
}

/// Is this the ISO 3166-1 alpha-2 code, in capitals, of a country that has phone numbers?
#[must_use]
pub fn is_country(code: &str) -> bool {
    code != NO_COUNTRY && PLANS.regions.iter().any(|region| region == code)
}

/// Where the plans are in the metadata.
struct Plans {
    regions: Vec<String>,
    by_zone: BTreeMap<char, Zone>,
}

/// The plans of a zone, in the metadata's order, and their reader once it was asked for.
#[derive(Default)]
struct Zone {
    encoded: Vec<Bytes>,
    reader: OnceLock<Option<PhoneNumberUtil>>,
}

/// `PhoneMetadataCollection` of libphonenumber's `phonemetadata.proto`, its regions not decoded.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Encoded {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    regions: Vec<Bytes>,
}

/// The two fields of its `PhoneMetadata` that plans are found by.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Heading {
    #[prost(string, tag = "9")]
    id: String,
    #[prost(int32, optional, tag = "10")]
    calling_code: Option<i32>,
}

impl Plans {
    fn find() -> Self {
        let mut plans = Self { regions: Vec::new(), by_zone: BTreeMap::new() };
        for encoded in Encoded::decode(Bytes::from_static(METADATA)).unwrap_or_default().regions {
            let Ok(Heading { id, calling_code: Some(code) }) = Heading::decode(encoded.clone()) else { continue };
            let Some(zone) = code.to_string().chars().next() else { continue };
            plans.regions.push(id);
            plans.by_zone.entry(zone).or_default().encoded.push(encoded);
        }
        plans
    }
}

impl Zone {
    fn read(&self) -> Option<&PhoneNumberUtil> {
        let decode = || {
            let metadata = self.encoded.iter().map(|plan| PhoneMetadata::decode(plan.clone())).collect::<Result<_, _>>().ok()?;
            PhoneNumberUtil::new_for_metadata(PhoneMetadataCollection { metadata }).ok()
        };
        self.reader.get_or_init(decode).as_ref()
    }
}
