//! PTB's calibration certificates: the published 2.4.0 sample there and back, the others refused, ours in all its parts.

use std::path::PathBuf;

use regbridge::mapping::{Decoded, Format, Input, Profile, ProfileFiles, Refusal};
use regbridge::wire::limits::Limits;
use serde_json::{Value, json};

use crate::formats::{canonical_by_xmllint, format_file, format_text, xmllint};
use crate::laws::{canonical_xml, mutated, round_trip, without_schema};
use crate::profiles::{canonical, files, with_run};

const ID: &str = "dcc-2.4";
const SI: &str = "https://ptb.de/si/v1.3.1/SI_Format.xsd";

/// The profile with PTB's schemas laid beside it, as an operator would.
pub(crate) fn profile() -> Option<Profile> {
    let mut files: ProfileFiles = files(ID);
    for (name, path) in [
        ("dcc.xsd", "ptb-dcc/schemas/dcc/v2_4_0/dcc.xsd"),
        ("SI_Format.xsd", "ptb-dcc/schemas/SI_Format/v1_3_1/SI_Format.xsd"),
    ] {
        files.0.insert(name.to_owned(), std::fs::read(format_file(path)?).expect("a schema"));
    }
    let loaded = Profile::load(&files, &canonical());
    Some(loaded.unwrap_or_else(|faults| panic!("{faults:#?}")).0)
}

fn decode(profile: &Profile, bytes: &[u8]) -> Result<Decoded, Refusal> {
    let limits = Limits::default();
    let input = Input { bytes, format: Format::Xml, charset: None, limits: &limits };
    with_run(|run| profile.decode(&input, run))
}

fn encode(profile: &Profile, message: &Value) -> Vec<u8> {
    let encoded = with_run(|run| profile.encode("certificate", Some(Format::Xml), message, run));
    encoded.unwrap_or_else(|refusal| panic!("{:#?}", refusal.problems)).bytes
}

/// What `xmllint` says, with the one import led to the file beside.
fn judged(document: &[u8]) {
    let (Some(dcc), Some(si)) = (
        format_text("ptb-dcc/schemas/dcc/v2_4_0/dcc.xsd"),
        format_text("ptb-dcc/schemas/SI_Format/v1_3_1/SI_Format.xsd"),
    ) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let schema: PathBuf = folder.path().join("dcc.xsd");
    assert!(dcc.contains(SI));
    std::fs::write(&schema, dcc.replace(SI, "SI_Format.xsd")).expect("a file");
    std::fs::write(folder.path().join("SI_Format.xsd"), si).expect("a file");
    if let Some(Err(words)) = xmllint(&schema, document) {
        panic!("{words}\n{}", String::from_utf8_lossy(document));
    }
}

fn sample(name: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(format_file(&format!("ptb-dcc/samples/{name}"))?).expect("a sample"))
}

#[test]
fn our_samples_become_their_goldens_and_are_written_back_valid() {
    let Some(profile) = profile() else { return };
    assert!(profile.samples().count() >= 2);
    let faults = with_run(|run| profile.test(run));
    let shown: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert!(faults.is_empty(), "{}", shown.join("\n"));
    for sample in profile.samples() {
        judged(&sample.bytes);
        let decoded = decode(&profile, &sample.bytes).expect("it decodes");
        judged(&encode(&profile, &decoded.to_message()));
    }
}

#[test]
fn the_silicon_sphere_goes_there_and_back() {
    let (Some(profile), Some(came)) = (profile(), sample("siliziumkugel_2_4_0.xml")) else { return };
    let message = decode(&profile, &came).unwrap_or_else(|r| panic!("{:#?}", r.problems)).to_message();
    let record = &message["records"][0];
    assert_eq!(record["registration_number"], "PTB - 11129 18");
    let mass = &record["measurements"][0]["findings"][0]["parts"][0]["parts"][2];
    assert_eq!(mass["value"]["value"], "1.00007841");
    assert_eq!(mass["value"]["unit"], "\\kilogram");
    assert_eq!(mass["value"]["uncertainty"], "0.00000005");
    assert_eq!(mass["value"]["coverage_factor"], "2");
    assert_eq!(mass["names"][1], json!({ "lang": "en", "text": "mass", "id": "mass_column_3" }));
    assert_eq!(record["samples"][0]["identifications"][0]["value"], "Si28kg_03_a");
    assert_eq!(record["signatories"].as_array().map(Vec::len), Some(3));
    // Of the whole certificate one attribute is kept: where its author looks for the schema.
    assert_eq!(message.to_string().matches("\"at\"").count(), 1, "{message}");
    assert_eq!(record["extensions"]["kept"][0]["entries"][0]["at"], "@xsi:schemaLocation");
    let back = encode(&profile, &message);
    judged(&back);
    assert_eq!(canonical_xml(&back), canonical_xml(&came));
}

#[test]
fn an_edit_of_the_silicon_sphere_is_written_and_the_rest_stays() {
    let (Some(profile), Some(came)) = (profile(), sample("siliziumkugel_2_4_0.xml")) else { return };
    let mut message = decode(&profile, &came).expect("it decodes").to_message();
    let findings =
        message.pointer_mut("/records/0/measurements/0/findings/0/parts/0/parts").expect("the list");
    findings[2]["value"]["value"] = json!("1.00007842");
    findings.as_array_mut().expect("a list").push(json!({
        "kind": "value", "names": [{ "lang": "de", "text": "Dichte" }],
        "value": { "value": "2320.07", "unit": "\\kilogram\\metre\\tothe{-3}" }
    }));
    let back = encode(&profile, &message);
    judged(&back);
    let text = String::from_utf8(back).expect("UTF-8");
    assert!(
        text.contains("<si:value>1.00007842</si:value>") && text.contains("<si:value>2320.07</si:value>"),
        "{text}"
    );
    assert!(text.contains("1 kg + 78,41 mg"));
}

#[test]
fn other_versions_are_refused_by_name() {
    let Some(profile) = profile() else { return };
    for (name, version) in [
        ("dcc_gp_humidity_v1.0.xml", "3.1.2"),
        ("dcc_gp_temperature_extensive_v12.xml", "3.1.1"),
        ("dcc_gp_temperature_simplified_v12.xml", "3.1.1"),
        ("dcc_gp_temperature_typical_v12.xml", "3.1.1"),
        ("pt100_dcc_v3_0_0.xml", "3.0.0"),
        ("dcc_gp_temperature_typical_v12_v3.2.0_signed.xml", "3.2.0"),
        ("dcc_gp_temperature_typical_v12_v3.2.0_signed_manipulated.xml", "3.2.0"),
    ] {
        let Some(bytes) = sample(name) else { return };
        let refusal = decode(&profile, &bytes).expect_err(name);
        let told = refusal.problems.iter().find(|p| p.path.ends_with("@schemaVersion")).expect(name);
        assert!(
            told.line.is_some() && told.zh.contains(version) && told.zh.contains("2.4.0"),
            "{name}: {told}"
        );
        assert!(told.en.contains(version) && told.en.contains("2.4.0"), "{name}: {told}");
    }
}

#[test]
fn the_signed_certificate_is_refused_and_its_manipulated_twin_by_name() {
    let Some(profile) = profile() else { return };
    let signature = |name: &str| {
        let refusal = decode(&profile, &sample(name)?).expect_err(name);
        let told = refusal.problems.into_iter().filter(|problem| problem.code.starts_with("signature"));
        Some(told.collect::<Vec<_>>())
    };
    let (Some(signed), Some(twin)) = (
        signature("dcc_gp_temperature_typical_v12_v3.2.0_signed.xml"),
        signature("dcc_gp_temperature_typical_v12_v3.2.0_signed_manipulated.xml"),
    ) else {
        return;
    };
    let codes = |problems: &[regbridge::domain::problem::Problem]| {
        problems.iter().map(|problem| problem.code.to_string()).collect::<Vec<_>>()
    };
    // The signed one is what was signed, so its digest fits; but a digest is no verification.
    assert_eq!(codes(&signed), ["signature-unverified"]);
    assert_eq!(codes(&twin), ["signature-unverified", "signature-digest"]);
    let changed = &twin[1];
    assert!(
        changed.zh.contains("签名之后被改动") && changed.en.contains("changed after it was signed"),
        "{changed}"
    );
    assert_eq!(changed.expected.as_deref(), Some("dDIRn2Uf/RHTWl+lsyfJZ84GZxaWaHQLNPu2MYH3cwk="));
    assert!(changed.line.is_some() && changed.path.ends_with("DigestValue"), "{changed}");
}

#[test]
fn the_canonical_form_is_libxml2s() {
    let mut documents: Vec<Vec<u8>> = files(ID)
        .0
        .into_iter()
        .filter(|(path, _)| {
            path.starts_with("samples/")
                && std::path::Path::new(path).extension().is_some_and(|ending| ending == "xml")
        })
        .map(|(_, bytes)| bytes)
        .collect();
    documents.extend(sample("siliziumkugel_2_4_0.xml"));
    documents.extend(sample("dcc_gp_temperature_typical_v12_v3.2.0_signed.xml"));
    documents.extend(sample("dcc_gp_humidity_v1.0.xml"));
    for document in documents {
        // xmllint leaves comments in.
        let mut text = String::from_utf8(document).expect("UTF-8");
        while let Some(start) = text.find("<!--") {
            let end = text[start..].find("-->").expect("an end") + start + 3;
            text.replace_range(start..end, "");
        }
        let Some(theirs) = canonical_by_xmllint(&text) else { return };
        let ours = regbridge::wire::xml::canonical(&text, None).expect("a document");
        assert_eq!(ours, theirs);
    }
}

#[test]
fn mutated_certificates_are_refused_or_written_back_equal() {
    // Without the schema, so that the mutations reach the map.
    let profile = without_schema(ID);
    let (mut accepted, mut all) = (0, 0);
    for sample in profile.samples() {
        let text = String::from_utf8(sample.bytes.clone()).expect("UTF-8");
        for document in mutated(&text) {
            all += 1;
            let Some(written) = round_trip(&profile, Format::Xml, document.as_bytes()) else { continue };
            accepted += 1;
            assert_eq!(canonical_xml(document.as_bytes()), canonical_xml(&written), "{document}");
        }
    }
    assert!(all > 1000 && accepted * 2 > all, "{accepted} of {all}");
}
