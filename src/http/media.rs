//! The media types that documents of agencies come in.

use actix_web::HttpRequest;
use actix_web::http::header;

use crate::http::header::only;
use crate::http::problem::{ProblemDocument, ProblemType};
use crate::mapping::Format;
use crate::wire::encoding::Encoding;

/// Format and charset, from `Content-Type`.
pub(in crate::http) fn media(request: &HttpRequest) -> Result<(Format, Option<Encoding>), ProblemDocument> {
    let value = only(request, header::CONTENT_TYPE)?.and_then(|v| v.to_str().ok()).unwrap_or_default();
    let mut parts = value.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    let format = match essence.split_once('/').map(|(_, subtype)| subtype) {
        Some(subtype) if subtype == "xml" || subtype.ends_with("+xml") => Format::Xml,
        Some(subtype) if subtype == "json" || subtype.ends_with("+json") => Format::Json,
        _ if essence == Format::Csv.media_type() => Format::Csv,
        _ if essence == Format::Xlsx.media_type() => Format::Xlsx,
        _ => {
            return Err(unsupported(
                "请使用 Content-Type: application/xml、application/json、text/csv 或 XLSX 的类型",
                "send Content-Type: application/xml, application/json, text/csv or that of XLSX",
            ));
        }
    };
    let label = parts.find_map(|p| {
        let (name, value) = p.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    });
    let Some(label) = label else { return Ok((format, None)) };
    match Encoding::parse(label) {
        // JSON is UTF-8 (RFC 8259, section 8.1); a workbook is no text, and says itself what its parts are.
        Some(charset) if !matches!(format, Format::Json | Format::Xlsx) || charset == Encoding::Utf8 => {
            Ok((format, Some(charset)))
        }
        _ => Err(unsupported(
            "不支持的字符集：XML 和 CSV 可用 UTF-8、GB18030、GBK、GB2312、UTF-16，JSON 只用 UTF-8",
            "that charset is not read: XML and CSV come in UTF-8, GB18030, GBK, GB2312 or UTF-16, JSON in UTF-8",
        )),
    }
}

fn unsupported(zh: &str, en: &str) -> ProblemDocument {
    ProblemDocument::new(ProblemType::UnsupportedMedia, zh, en)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn with(value: &'static str) -> HttpRequest {
        TestRequest::default().insert_header((header::CONTENT_TYPE, value)).to_http_request()
    }

    #[test]
    fn the_media_type_names_format_and_charset() {
        let read = |value| media(&with(value)).map_err(|p| p.problem_type);
        assert_eq!(read("application/xml"), Ok((Format::Xml, None)));
        assert_eq!(read("text/xml; charset=\"GB18030\""), Ok((Format::Xml, Some(Encoding::Gb18030))));
        assert_eq!(read("application/vnd.amr+json;charset=utf-8"), Ok((Format::Json, Some(Encoding::Utf8))));
        assert_eq!(read("text/csv; charset=gbk; header=present"), Ok((Format::Csv, Some(Encoding::Gbk))));
        assert_eq!(read("Text/CSV"), Ok((Format::Csv, None)));
        let xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        assert_eq!(read(xlsx), Ok((Format::Xlsx, None)));
        for bad in [
            "application/csv",
            "application/vnd.ms-excel",
            "",
            "text/plain",
            "application/xml; charset=latin1",
            "application/json; charset=gbk",
        ] {
            assert_eq!(read(bad), Err(ProblemType::UnsupportedMedia), "{bad}");
        }
        let twice = TestRequest::default()
            .append_header(("content-type", "application/xml"))
            .append_header(("content-type", "application/json"))
            .to_http_request();
        assert_eq!(media(&twice).unwrap_err().problem_type, ProblemType::BadRequest);
    }
}
