//! Drafts of the real formats beside the project.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use regbridge::mapping::draft::Source;

use super::{expect, good, source};

/// The folder of formats, if it is there.
fn folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/formats");
    let folder = std::env::var_os("REGBRIDGE_FORMATS").map_or(beside, PathBuf::from);
    if !folder.is_dir() {
        eprintln!("left out: there is no folder of formats beside the project");
        return None;
    }
    Some(folder)
}

fn read(folder: &Path, file: &str) -> Vec<u8> {
    std::fs::read(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn messages_without_a_schema() {
    let Some(folder) = folder() else { return };
    for (id, kind, file, rows) in [
        (
            "penalties",
            "lead-outcome",
            "cn-xzcf-exchange/sample-ExchangeMessage.xml",
            &[
                ("CF_WSH", "registration_number"),
                ("CF_XDR_SHXYM", "party.ids[scheme='uscc'].value"),
                ("CF_JDRQ", "decided_on"),
                ("CF_YJ", "legal_basis"),
            ][..],
        ),
        (
            "customs",
            "complaint-order",
            "cn-ceb-customs/sample-CEB311-redacted.xml",
            &[("OrderHead/acturalPaid", "order.paid"), ("OrderHead/freight", "order.freight")],
        ),
        (
            "wechat",
            "complaint-order",
            "cn-wechatpay-complaints/samples/GetMerchantServiceComplaintByComplaintIdResponse.json",
            &[
                ("complaint_id", "registration_number"),
                ("complaint_detail", "facts"),
                ("complaint_order_info", "linked_orders"),
            ],
        ),
        (
            "wechat-list",
            "complaint-order",
            "cn-wechatpay-complaints/samples/QueryMerchantServiceComplaintsResponse.json",
            &[("data", "records"), ("complaint_time", "complained_at")],
        ),
        (
            "open311",
            "complaint-order",
            "open311/samples/requests_many.xml",
            &[
                ("request", "records"),
                ("service_request_id", "registration_number"),
                ("lat", "place.latitude"),
            ],
        ),
        (
            "open311-json",
            "complaint-order",
            "open311/samples/service_requests.json",
            &[(".", "records"), ("service_code", "service.code")],
        ),
    ] {
        let bytes = read(&folder, file);
        let name = file.rsplit('/').next().unwrap_or(file);
        let made = good(&source(id, kind, &[(name, &bytes)]));
        expect(&made, rows);
    }
}

#[test]
fn messages_with_a_schema() {
    let Some(folder) = folder() else { return };
    let requests = "open311/schema/requests.json";
    let made = good(&Source {
        schema: Some("requests.json".to_owned()),
        schemas: BTreeMap::from([
            ("requests.json".to_owned(), read(&folder, requests)),
            ("request.json".to_owned(), read(&folder, "open311/schema/request.json")),
        ]),
        ..source(
            "open311",
            "complaint-order",
            &[("r.json", &read(&folder, "open311/samples/service_requests.json"))],
        )
    });
    expect(&made, &[("description", "facts"), ("zipcode", "place.post_code")]);
    let dcc = "ptb-dcc/schemas/dcc/v2_4_0/dcc.xsd";
    let si = "ptb-dcc/schemas/SI_Format/v1_3_1/SI_Format.xsd";
    good(&Source {
        schema: Some("dcc.xsd".to_owned()),
        schemas: BTreeMap::from([
            ("dcc.xsd".to_owned(), read(&folder, dcc)),
            ("SI_Format.xsd".to_owned(), read(&folder, si)),
        ]),
        catalogue: BTreeMap::from([(
            "https://ptb.de/si/v1.3.1/SI_Format.xsd".to_owned(),
            "SI_Format.xsd".to_owned(),
        )]),
        ..source(
            "dcc",
            "inspection-result",
            &[("c.xml", &read(&folder, "ptb-dcc/samples/siliziumkugel_2_4_0.xml"))],
        )
    });
}

#[test]
fn a_large_schema_that_goes_round() {
    let Some(folder) = folder() else { return };
    let made = good(&Source {
        schema: Some("goaml.xsd".to_owned()),
        schemas: BTreeMap::from([(
            "goaml.xsd".to_owned(),
            read(&folder, "goaml/schema/goAMLSchema-5.0.2.xsd"),
        )]),
        ..source("goaml", "enforcement-lead", &[("str.xml", &read(&folder, "goaml/samples/golden-STR.xml"))])
    });
    assert!(made.matched.len() > 100, "{}", made.matched.len());
}
