//! Numbers are read as the library reads them with all of its metadata decoded at once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::Command;

use otp_auth::domain::numbering;
use proptest::prelude::*;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType, PhoneNumberUtil};
use serde_json::Value;

const KINDS: [PhoneNumberType; 10] = [
    PhoneNumberType::FixedLine,
    PhoneNumberType::Mobile,
    PhoneNumberType::TollFree,
    PhoneNumberType::PremiumRate,
    PhoneNumberType::SharedCost,
    PhoneNumberType::VoIP,
    PhoneNumberType::PersonalNumber,
    PhoneNumberType::Pager,
    PhoneNumberType::UAN,
    PhoneNumberType::VoiceMail,
];

/// What is made of a number: whether it is one, its form, its region and its kind.
type Read = Option<(bool, String, Option<String>, PhoneNumberType)>;

fn read_by(library: &PhoneNumberUtil, number: &str) -> Read {
    let parsed = library.parse(number, None).ok()?;
    let region = library.get_region_for_number(&parsed).map(|region| region.as_region_str().as_str().to_owned());
    let form = library.format(&parsed, PhoneNumberFormat::E164).into_owned();
    Some((library.is_valid_number(&parsed), form, region, library.get_number_type(&parsed)))
}

fn ours(number: &str) -> Read {
    read_by(numbering::of(number)?, number)
}

/// Where cargo has the sources of the library that this is built with.
fn sources_of_the_library() -> PathBuf {
    let cargo = |arguments: &[&str]| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let output = Command::new(env!("CARGO")).args(arguments).current_dir(root).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let version = cargo(&["-vV"]);
    // Of this platform alone: what others need is not on this machine.
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = cargo(&["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", host]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let library = packages.iter().find(|package| package["name"] == "rlibphonenumber").unwrap();
    Path::new(library["manifest_path"].as_str().unwrap()).parent().unwrap().to_owned()
}

#[test]
fn the_metadata_is_the_librarys() {
    let copy = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain/numbering/metadata.bin");
    let theirs = std::fs::read(sources_of_the_library().join("src/generated/metadata/metadata.bin")).unwrap();
    if std::fs::read(&copy).unwrap() != theirs {
        std::fs::write(&copy, theirs).unwrap();
        panic!("metadata.bin was not current; it has been rewritten: commit it");
    }
}

#[test]
fn every_example_of_every_region_and_kind_is_read_alike() {
    let mut compared = 0;
    for region in PHONE_NUMBER_UTIL.get_supported_regions() {
        assert!(numbering::is_country(region.as_region_str().as_str()), "{region:?}");
        for kind in KINDS {
            let Ok(example) = PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind) else { continue };
            let number = PHONE_NUMBER_UTIL.format(&example, PhoneNumberFormat::E164).into_owned();
            let read = ours(&number);
            assert_eq!(read, read_by(&PHONE_NUMBER_UTIL, &number), "{region:?}, {kind:?}: {number}");
            assert!(read.is_some_and(|(valid, ..)| valid), "{number}");
            compared += 1;
        }
    }
    assert!(compared > 1000, "{compared}");
    for code in PHONE_NUMBER_UTIL.get_supported_global_network_calling_codes() {
        let example = PHONE_NUMBER_UTIL.get_example_number_for_non_geo_entity(code).unwrap();
        let number = PHONE_NUMBER_UTIL.format(&example, PhoneNumberFormat::E164).into_owned();
        assert_eq!(ours(&number), read_by(&PHONE_NUMBER_UTIL, &number), "of no country: {number}");
    }
}

#[test]
fn every_calling_code_is_in_a_zone_and_there_are_nine() {
    let codes: Vec<String> = PHONE_NUMBER_UTIL.get_supported_calling_codes().map(|code| code.to_string()).collect();
    assert!(codes.len() > 200);
    for code in &codes {
        let reader = numbering::of(&format!("+{code}")).unwrap();
        assert!(reader.get_supported_calling_codes().any(|known| known.to_string() == *code), "+{code}");
    }
    let zones = (0..=9).filter_map(|digit| numbering::of(&format!("+{digit}")));
    let sizes: Vec<usize> = zones.map(|reader| reader.get_supported_calling_codes().count()).collect();
    assert_eq!((sizes.len(), sizes.iter().sum::<usize>()), (9, codes.len()), "each code in one zone");
}

#[test]
fn what_is_in_no_zone_is_no_number() {
    for number in ["", "+", "1", "12025550123", "+0", "+01", "+0012025550123", "+é1", "++1", "+ 1"] {
        assert!(numbering::of(number).is_none(), "{number}");
    }
    for number in ["+999", "+2105551234", "+9991234567890"] {
        assert_eq!(ours(number), None, "{number}: no such calling code");
    }
    for code in ["001", "", "us", "USA", "XX", "EU"] {
        assert!(!numbering::is_country(code), "{code}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn every_number_is_read_alike(number in r"\+[0-9]{1,17}") {
        prop_assert_eq!(ours(&number), read_by(&PHONE_NUMBER_UTIL, &number));
    }
}
