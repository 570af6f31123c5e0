//! The world's numbering plans. To decode all of libphonenumber's metadata costs milliseconds of each start, and a process is asked for
//! few calling codes: the plans behind a code are decoded when its first number comes. The library itself reads the numbers.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use bytes::Bytes;
use prost::Message;
use rlibphonenumber::{PhoneMetadata, PhoneMetadataCollection, PhoneNumberUtil};

/// A copy of what `rlibphonenumber` has with its feature `builtin_metadata`: Google's, by the Libphonenumber Authors, under the Apache
/// License 2.0. A test holds it to the library's.
static METADATA: &[u8] = include_bytes!("metadata.bin");

/// Digits of the longest calling code (ITU-T E.164, 6.2.1).
const LONGEST_CALLING_CODE: usize = 3;
/// What the metadata calls the region of numbers that belong to no country, such as satellites'.
const NO_COUNTRY: &str = "001";

static PLANS: LazyLock<Plans> = LazyLock::new(Plans::find);

/// What reads the numbers behind the calling code of `number`, which is `+` and digits; `None` where there is no such code.
#[must_use]
pub fn of(number: &str) -> Option<&'static PhoneNumberUtil> {
    let digits = number.strip_prefix('+')?;
    // No calling code is the beginning of another one.
    let mut codes = (1..=LONGEST_CALLING_CODE).filter_map(|length| calling_code(digits.get(..length)?));
    codes.find_map(|code| PLANS.by_calling_code.get(&code))?.read()
}

fn calling_code(digits: &str) -> Option<i32> {
    let is_one = digits.bytes().all(|digit| digit.is_ascii_digit()) && !digits.starts_with('0');
    if is_one { digits.parse().ok() } else { None }
}

/// Is this the ISO 3166-1 alpha-2 code, in capitals, of a country that has phone numbers?
#[must_use]
pub fn is_country(code: &str) -> bool {
    code != NO_COUNTRY && PLANS.regions.iter().any(|region| region == code)
}

/// Where the plans are in the metadata.
struct Plans {
    regions: Vec<String>,
    by_calling_code: BTreeMap<i32, CallingCode>,
}

/// A calling code: the plans of all its regions, in the metadata's order, and their reader once it was asked for.
#[derive(Default)]
struct CallingCode {
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
        let mut plans = Self { regions: Vec::new(), by_calling_code: BTreeMap::new() };
        for encoded in Encoded::decode(Bytes::from_static(METADATA)).unwrap_or_default().regions {
            let Ok(Heading { id, calling_code: Some(code) }) = Heading::decode(encoded.clone()) else { continue };
            plans.regions.push(id);
            plans.by_calling_code.entry(code).or_default().encoded.push(encoded);
        }
        plans
    }
}

impl CallingCode {
    fn read(&self) -> Option<&PhoneNumberUtil> {
        let decode = || {
            let metadata = self.encoded.iter().map(|plan| PhoneMetadata::decode(plan.clone())).collect::<Result<_, _>>().ok()?;
            PhoneNumberUtil::new_for_metadata(PhoneMetadataCollection { metadata }).ok()
        };
        self.reader.get_or_init(decode).as_ref()
    }
}
